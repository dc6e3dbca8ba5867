// Jobs that the page submits. Each answers the job, or undefined after a notice that says why there is none.
import { t } from "../i18n";
import { notices } from "../lib/notices.svelte";
import { inParts } from "../lib/parts_of";
import { activity } from "./activity.svelte";
import { attempt } from "./attempt";
import { call } from "./client";
import type { Job, Operations } from "./generated";

type Body = Operations["submitJob"]["body"];

async function submit(body: Body): Promise<Job | undefined> {
  const job = await attempt(() => call("submitJob", { body }));
  if (job) void activity.load();
  return job;
}

export const scan = (folders: string[] = []): Promise<Job | undefined> =>
  submit({ kind: "scan", ...(folders.length ? { folders } : {}) });

// Failures become pending, and a scan repeats them.
export async function retryFailures(reason = ""): Promise<void> {
  if (await submit({ kind: "retry", ...(reason ? { reason } : {}) })) await scan();
}

export async function backUp(): Promise<void> {
  if (await submit({ kind: "backup" })) notices.add(t().activity.backupStarted);
}

// True if all of it was submitted.
export async function exportSidecars(photos: number[]): Promise<boolean> {
  for (const chosen of inParts(photos)) {
    if (!(await submit({ kind: "export", chosen }))) return false;
  }
  notices.add(t().library.exportStarted);
  return true;
}

export const switchModels = (pack: string): Promise<Job | undefined> => submit({ kind: "switch", pack });
export const switchBack = (): Promise<Job | undefined> => submit({ kind: "switch", undo: true });

export async function cancel(job: number): Promise<void> {
  await attempt(() => call("cancelJob", { path: { job } }));
  void activity.load();
}

export async function setPaused(paused: boolean): Promise<void> {
  await attempt(() => call(paused ? "pauseScans" : "resumeScans"));
  void activity.load();
}
