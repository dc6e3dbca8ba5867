// Decisions of users (about people, marks, the trash), which the server keeps in a journal: each one can be undone.
import { t } from "../i18n";
import { notices } from "../lib/notices.svelte";
import { attempt } from "./attempt";
import { call } from "./client";

// Of this page and not undone, the latest one last; with the notice that told of it.
const made: { decision: number; notice?: number }[] = [];

// Run after each decision, and after each undo with its number. $effect(() => onDecision(load));
type Listener = (undone?: number) => void;
const listeners = new Set<Listener>();
export function onDecision(listener: Listener): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

// True if it was undone. A later decision, also of somebody else, may stand in the way: then a notice names it.
export async function undo(decision: number): Promise<boolean> {
  const undone = await attempt(() => call("undoDecision", { path: { decision } }));
  if (!undone) return false;
  const index = made.findIndex((one) => one.decision === decision);
  const [one] = index >= 0 ? made.splice(index, 1) : [];
  if (one?.notice !== undefined) notices.remove(one.notice);
  listeners.forEach((listener) => listener(decision));
  return true;
}

export async function undoLast(): Promise<void> {
  const last = made.at(-1);
  if (last === undefined) notices.add(t().decisions.nothingToUndo);
  else if (await undo(last.decision)) notices.add(t().decisions.undone);
}

// Decides with `change`. Undefined if that failed, which a notice says.
export async function decide<Answer extends { decision: number | null }>(change: () => Promise<Answer | undefined>): Promise<Answer | undefined> {
  const answer = await attempt(change);
  if (!answer) return undefined;
  if (answer.decision !== null) made.push({ decision: answer.decision });
  listeners.forEach((listener) => listener());
  return answer;
}

// And says so, with a way back. Undefined if it was not made.
export async function decideAndTell<Answer extends { decision: number | null }>(change: () => Promise<Answer | undefined>, text: string): Promise<Answer | undefined> {
  const answer = await decide(change);
  if (!answer) return undefined;
  const { decision } = answer;
  const notice = notices.add(text, decision === null ? {} : { undo: () => void undo(decision) });
  const one = made.find((other) => other.decision === decision);
  if (one) one.notice = notice;
  return answer;
}
