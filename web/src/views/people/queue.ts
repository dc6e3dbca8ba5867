// The suggestions that wait for an answer, one by one, and those that were answered, so that the last answer can be taken back.
import type { Suggestions } from "../../api/generated";

export type Suggestion = Suggestions["suggestions"][number];
export type Answer = "yes" | "no" | "skip";

export interface Answered {
  suggestion: Suggestion;
  answer: Answer;
  decision: number | null; // its number in the journal; null: nothing was changed
}

export interface Queue {
  waiting: readonly Suggestion[];
  answered: readonly Answered[]; // the latest one last
}

export const emptyQueue: Queue = { waiting: [], answered: [] };

// A suggestion is about a person or, if the face has none, about a face. Each is suggested once.
export const keyOf = (suggestion: Suggestion): string =>
  suggestion.person === null ? `face ${suggestion.shown[0]?.face}` : `person ${suggestion.person}`;

// `list` is what the server suggests now. What was skipped does not come again, and what is being looked at stays first. An
// answer of before may have changed whom somebody is suggested to be.
export function refilled(queue: Queue, list: readonly Suggestion[]): Queue {
  const skipped = new Set(queue.answered.filter((one) => one.answer === "skip").map((one) => keyOf(one.suggestion)));
  const fresh = list.filter((one) => !skipped.has(keyOf(one)));
  const first = queue.waiting[0];
  const kept = first && fresh.find((one) => keyOf(one) === keyOf(first) && one.suggested === first.suggested);
  return { ...queue, waiting: kept ? [kept, ...fresh.filter((one) => one !== kept)] : fresh };
}

export function answered(queue: Queue, answer: Answer, decision: number | null): Queue {
  const [suggestion, ...waiting] = queue.waiting;
  return suggestion ? { waiting, answered: [...queue.answered, { suggestion, answer, decision }] } : queue;
}

// The last answer taken back: its suggestion is the first that waits.
export function takenBack(queue: Queue): Queue {
  const last = queue.answered.at(-1);
  if (!last) return queue;
  const others = queue.waiting.filter((one) => keyOf(one) !== keyOf(last.suggestion));
  return { waiting: [last.suggestion, ...others], answered: queue.answered.slice(0, -1) };
}
