// Asks the API: await call("getPhoto", { path: { photo: 12 } }). Types and addresses are those of the OpenAPI document.
import { routes, type Operations, type Problem } from "./generated";
import { connection } from "./connection.svelte";

// What the server answered instead, in one sentence (RFC 9457).
export class ApiError extends Error {
  override name = "ApiError";
  constructor(
    readonly status: number, // 0: no answer
    detail: string,
    readonly requestId = "",
  ) {
    super(detail);
  }
}

type Part<Name extends string, Value> =
  Value extends undefined ? { [name in Name]?: undefined }
  : Record<never, never> extends Value ? { [name in Name]?: Value }
  : { [name in Name]: Value };

export type Request<Name extends keyof Operations> = Part<"path", Operations[Name]["path"]> &
  Part<"query", Operations[Name]["query"]> &
  Part<"body", Operations[Name]["body"]> & { signal?: AbortSignal };

export type Answer<Name extends keyof Operations> = Operations[Name]["answer"];

// The address of what is asked for with GET: for images and downloads.
export function url(name: keyof Operations, path: Record<string, string | number> = {}, query: Record<string, unknown> = {}): string {
  const address = routes[name][1].replace(/{(\w+)}/g, (_, key: string) => encodeURIComponent(String(path[key])));
  const values = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined) values.append(key, String(one));
    }
  }
  const text = values.toString();
  return text ? `${address}?${text}` : address;
}

// Rejects with ApiError, or AbortError after `signal`. What only asks is repeated while the server does not answer.
export async function call<Name extends keyof Operations>(
  name: Name,
  ...[request]: Record<never, never> extends Request<Name> ? [Request<Name>?] : [Request<Name>]
): Promise<Answer<Name>> {
  const { path, query, body, signal } = (request ?? {}) as {
    path?: Record<string, string | number>; query?: Record<string, unknown>; body?: unknown; signal?: AbortSignal;
  };
  const [method] = routes[name];
  const options: RequestInit = { method, ...(signal ? { signal } : {}) };
  if (body instanceof Blob) {
    options.body = body;
    options.headers = { "Content-Type": "application/octet-stream" };
  } else if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers = { "Content-Type": "application/json" };
  }
  const response = await send(url(name, path, query), options);
  if (response.status === 204) return undefined as Answer<Name>;
  const isJson = response.headers.get("Content-Type")?.startsWith("application/json");
  return (isJson ? await response.json() : await response.blob()) as Answer<Name>;
}

// Statuses that pass by themselves: the server starts, or is busy.
const passing = new Set([429, 502, 503, 504]);
const maxWait = 30_000; // milliseconds

async function send(address: string, options: RequestInit): Promise<Response> {
  for (let attempt = 0; ; ++attempt) {
    const problem = await sendOnce(address, options);
    if (problem instanceof Response) return problem;
    const { error, retryAfter } = problem;
    if (options.method !== "GET" || (error.status !== 0 && !passing.has(error.status))) throw error;
    // A busy server is one that answers; after some attempts its sentence is worth more than waiting.
    if (error.status !== 0 && attempt >= 3) throw error;
    await pause(retryAfter || Math.min(maxWait, 500 * 2 ** attempt), options.signal);
  }
}

async function sendOnce(address: string, options: RequestInit): Promise<Response | { error: ApiError; retryAfter: number }> {
  let response: Response;
  try {
    response = await fetch(address, options);
  } catch (error) {
    if (options.signal?.aborted) throw error;
    connection.lost();
    return { error: new ApiError(0, ""), retryAfter: 0 };
  }
  connection.found();
  if (response.ok) return response;
  const problem = (await response.json().catch(() => ({}))) as Partial<Problem>;
  const error = new ApiError(response.status, problem.detail ?? `HTTP ${response.status}`, problem.request_id ?? "");
  if (response.status === 401) connection.expired = true;
  return { error, retryAfter: 1000 * Number(response.headers.get("Retry-After") ?? 0) };
}

// Until the time is over, or the server is back.
function pause(milliseconds: number, signal?: AbortSignal | null): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      removeEventListener("calotype:online", done);
      signal?.removeEventListener("abort", aborted);
    };
    const done = (): void => (stop(), resolve());
    const aborted = (): void => (stop(), reject(signal?.reason));
    const timer = setTimeout(done, milliseconds);
    addEventListener("calotype:online", done);
    signal?.addEventListener("abort", aborted);
  });
}
