// What the server is doing: its status and its jobs, kept up to date while a view follows them.
import { call } from "./client";
import { onServer } from "./events";
import type { Job, Status } from "./generated";

const soonAfter = 700; // milliseconds; events that come together are one request
const pollEvery = 3_000; // while something runs: scans of other processes have no events
const pollSeldom = 15_000;

class Activity {
  status: Status | undefined = $state.raw();
  unscanned = $state(false); // true before the first scan: the library is empty, and `status` is undefined
  jobs: Job[] = $state.raw([]);
  error: unknown = $state.raw();
  #followers = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #ends: (() => void)[] = [];

  get running(): boolean {
    return this.status?.scan != null || this.jobs.some((job) => job.state === "running" || job.state === "queued");
  }

  // $effect(() => activity.follow());
  follow(): () => void {
    if (this.#followers++ === 0) {
      this.#ends = [
        onServer("hello", () => this.#soon()),
        onServer("job", () => this.#soon()),
        onServer("scan.progress", () => this.#soon()),
      ];
      void this.load();
    }
    return () => {
      if (--this.#followers > 0) return;
      this.#ends.forEach((end) => end());
      clearTimeout(this.#timer);
      this.#timer = undefined;
    };
  }

  async load(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    try {
      const [status, { jobs }] = await Promise.all([call("getStatus"), call("listJobs")]);
      this.status = status.scanned ? status : undefined;
      this.unscanned = !status.scanned;
      this.jobs = jobs;
      this.error = undefined;
    } catch (error) {
      this.error = error;
    }
    if (this.#followers) this.#timer ??= setTimeout(() => void this.#poll(), this.running ? pollEvery : pollSeldom);
  }

  #poll(): Promise<void> {
    if (!document.hidden) return this.load();
    this.#timer = setTimeout(() => void this.#poll(), pollEvery);
    return Promise.resolve();
  }

  #waiting = false;
  #soon(): void {
    if (this.#waiting) return;
    this.#waiting = true;
    setTimeout(() => {
      this.#waiting = false;
      if (this.#followers) void this.load();
    }, soonAfter);
  }
}

export const activity = new Activity();
