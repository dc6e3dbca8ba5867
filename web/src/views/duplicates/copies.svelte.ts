// The groups of copies. The server compares pictures for them, which takes long for a large library, so they are kept while the
// page is open.
import { call } from "../../api/client";
import { onDecision } from "../../api/decisions";
import type { Duplicates } from "../../api/generated";

export type Group = Duplicates["groups"][number];
export type Copy = Group["photos"][number];

// All but the first can be deleted, and all files with the bytes of each.
export const spare = (group: Group): number =>
  group.photos.reduce((sum, photo, index) => sum + photo.bytes * (index === 0 ? photo.paths.length - 1 : photo.paths.length), 0);

export const copyCount = (group: Group): number => group.photos.reduce((sum, photo) => sum + photo.paths.length, -1);

class Copies {
  groups: Group[] | undefined = $state.raw();
  loading = $state(false);
  error: unknown = $state.raw();
  #asked = "";
  #abort: AbortController | undefined;

  #trashed = new Set<number>();

  // After files were moved to the trash, and when that is undone, the groups are other ones.
  trashed(decision: number | null, turned: boolean, crops: boolean): void {
    if (decision !== null) this.#trashed.add(decision);
    void this.load(turned, crops, true);
  }
  undone(decision: number | undefined): void {
    if (decision === undefined || !this.#trashed.delete(decision)) return;
    const [turned, crops] = this.#asked.split(" ");
    void this.load(turned === "true", crops === "true", true);
  }

  async load(turned: boolean, crops: boolean, again = false): Promise<void> {
    const asked = `${turned} ${crops}`;
    if (asked === this.#asked && !again && !this.error) return;
    this.#asked = asked;
    this.#abort?.abort();
    const abort = (this.#abort = new AbortController());
    this.loading = true;
    this.error = undefined;
    try {
      const query = { ...(turned ? { turned } : {}), ...(crops ? { crops } : {}) };
      const { groups } = await call("listDuplicates", { query, signal: abort.signal });
      // What saves the most comes first.
      this.groups = groups.toSorted((one, other) => spare(other) - spare(one));
    } catch (error) {
      if (abort.signal.aborted) return;
      this.error = error;
      this.#asked = "";
    }
    this.loading = false;
  }
}

export const copies = new Copies();
onDecision((undone) => copies.undone(undone));
