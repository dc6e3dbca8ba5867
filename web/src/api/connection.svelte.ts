// Whether the server answers, and whether this browser may ask. The page shows both above every view.

const probeEvery = 2_000; // milliseconds

class Connection {
  online = $state(true);
  expired = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;

  // A request got no answer: asks until there is one, and then wakes all requests that wait.
  lost(): void {
    this.online = false;
    this.#timer ??= setTimeout(() => void this.#probe(), probeEvery);
  }

  found(): void {
    if (this.online) return;
    this.online = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    dispatchEvent(new Event("calotype:online"));
  }

  async #probe(): Promise<void> {
    this.#timer = undefined;
    try {
      await fetch("healthz");
      this.found();
    } catch {
      this.lost();
    }
  }

  constructor() {
    addEventListener("offline", () => this.lost());
    addEventListener("online", () => void this.#probe());
  }
}

export const connection = new Connection();

// A login link carries a code behind "#", which no server log sees. True if this browser has a session now.
export async function signIn(code: string): Promise<boolean> {
  const response = await fetch("api/v1/session", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ code }),
  });
  if (response.ok) connection.expired = false;
  return response.ok;
}
