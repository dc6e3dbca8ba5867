// The reasons of a hit ("object \"dog\" x3 0.82"), taken apart: docs/query.md lists them.

export interface Reason {
  kind: string; // "meaning", "object", "text", "name", "alike", ...; "other" for a sentence
  text: string; // of the photo or the query: "NO PARKING"; of "other" the sentence
  count?: number;
  score?: number;
  weak: boolean;
  negated: boolean;
}

export function readReason(why: string): Reason {
  const plain = { text: "", weak: false, negated: false };
  let found = /^(weak )?meaning (-?[\d.]+)$/.exec(why);
  if (found) return { ...plain, kind: "meaning", score: Number(found[2]), weak: Boolean(found[1]) };
  found = /^looks alike (-?[\d.]+)$/.exec(why);
  if (found) return { ...plain, kind: "alike", score: Number(found[1]) };
  found = /^(not )?([a-z]+) "(.*)"(?: x(\d+))?(?: (-?[\d.]+))?$/s.exec(why);
  if (!found) return { ...plain, kind: "other", text: why };
  return {
    kind: found[2]!, text: found[3]!, weak: false, negated: Boolean(found[1]),
    ...(found[4] ? { count: Number(found[4]) } : {}),
    ...(found[5] ? { score: Number(found[5]) } : {}),
  };
}

// What makes it a hit comes first: "weak meaning" alone would not.
export const readReasons = (why: readonly string[]): Reason[] => why.map(readReason).sort((one, other) => Number(one.weak) - Number(other.weak));

// What to mark on the photo.
export interface Marks {
  labels: Set<string>; // of objects
  lines: Set<string>; // of text
}

export function marksOf(why: string[]): Marks {
  const reasons = why.map(readReason).filter((reason) => !reason.negated);
  const of = (kind: string): Set<string> => new Set(reasons.filter((one) => one.kind === kind).map((one) => one.text));
  return { labels: of("object"), lines: of("text") };
}
