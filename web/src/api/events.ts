// What the server tells by itself (/api/v1/events): one stream for all tabs of a browser, since a server has few of them
// and a browser few connections. The tab that holds the lock listens, and passes on what it hears.
import type { Job, ScanProgress } from "./generated";
import { connection } from "./connection.svelte";

export interface ServerEvents {
  // The stream began, also again after a break: what was missed is not repeated, so ask.
  hello: unknown;
  job: Job;
  "scan.progress": ScanProgress;
  "scan.failure": { path: string; analysis: string; reason: string };
  "scan.waiting": { reason: string };
  "devices.measuring": { model: string; number: number; models: number };
}

const names: (keyof ServerEvents)[] = ["hello", "job", "scan.progress", "scan.failure", "scan.waiting", "devices.measuring"];
const channel = new BroadcastChannel("calotype.events");
const listeners = new Map<string, Set<(data: never) => void>>();

function deliver(name: string, data: unknown): void {
  listeners.get(name)?.forEach((listener) => listener(data as never));
}

channel.onmessage = ({ data }: MessageEvent<{ name: string; data: unknown }>) => deliver(data.name, data.data);

function listen(): Promise<void> {
  return new Promise((resolve) => {
    const stream = new EventSource("api/v1/events");
    for (const name of names) {
      stream.addEventListener(name, (event: MessageEvent<string>) => {
        const data: unknown = event.data ? JSON.parse(event.data) : null;
        deliver(name, data);
        channel.postMessage({ name, data });
      });
    }
    stream.onerror = () => {
      // The browser connects again by itself after a break, but not after an error such as 401.
      if (stream.readyState === EventSource.CLOSED) setTimeout(resolve, 5_000);
      else connection.lost();
    };
  });
}

let started = false;

function start(): void {
  if (started) return;
  started = true;
  const hold = async (): Promise<void> => {
    for (;;) await listen();
  };
  // Without locks (a page that is not "secure": plain HTTP from another machine), each tab listens for itself.
  if (navigator.locks) void navigator.locks.request("calotype.events", hold);
  else void hold();
}

// $effect(() => onServer("job", (job) => ...)). The result ends it.
export function onServer<Name extends keyof ServerEvents>(name: Name, listener: (data: ServerEvents[Name]) => void): () => void {
  const of = listeners.get(name) ?? new Set();
  listeners.set(name, of);
  of.add(listener as (data: never) => void);
  start();
  return () => void of.delete(listener as (data: never) => void);
}
