// The query language as far as the search box needs it: the parts of a query, and how a completion changes it.
// What a query means is the server's matter: docs/query.md.

export interface Part {
  text: string; // as it was typed: -object:"sports ball"
  start: number; // in the query, in UTF-16 units
  end: number;
  key: string; // "object"; empty: words
  value: string; // "sports ball"
  negated: boolean;
}

const space = /[\s\u00a0\u3000]/;
const quotes = '"\u201c\u201d\u201e';

// Parts are separated by spaces that are not in quotes.
export function splitQuery(query: string): Part[] {
  const parts: Part[] = [];
  let start = -1;
  let quoted = false;
  for (let i = 0; i <= query.length; ++i) {
    const char = query[i];
    if (quoted && char === "\\" && i + 1 < query.length) i += 1;
    else if (char !== undefined && quotes.includes(char)) quoted = !quoted;
    const ends = char === undefined || (!quoted && space.test(char));
    if (!ends && start < 0) start = i;
    if (ends && start >= 0) {
      parts.push(readPart(query.slice(start, i), start));
      start = -1;
    }
  }
  return parts;
}

function readPart(text: string, start: number): Part {
  const found = /^(-?)([a-z]+):(.*)$/su.exec(text);
  return {
    text, start, end: start + text.length,
    key: found?.[2] ?? "",
    value: unquote(found?.[3] ?? text),
    negated: found?.[1] === "-",
  };
}

// In quotes, \" is a quote and \\ a backslash.
const unquote = (text: string): string => text.replace(/\\(["\\])|["\u201c\u201d\u201e]/gu, "$1");

export const quote = (value: string): string =>
  /^[\p{L}\p{N}_.+/-]+$/u.test(value) ? value : `"${value.replace(/["\\]/g, "\\$&")}"`;

export function withoutPart(query: string, part: Part): string {
  return `${query.slice(0, part.start)} ${query.slice(part.end)}`.replace(/\s+/g, " ").trim();
}

// The server counts characters, JavaScript counts UTF-16 units: an emoji is one and two.
export const toCharacters = (text: string, units: number): number => [...text.slice(0, units)].length;
export const toUnits = (text: string, characters: number): number => [...text].slice(0, characters).join("").length;

// Puts a completion in the place of what it completes. A whole value is followed by a space, a key by its value.
export function complete(
  query: string,
  { start, end }: { start: number; end: number }, // in characters
  completion: { text: string; value: string | null },
): { text: string; cursor: number } {
  const before = query.slice(0, toUnits(query, start)) + completion.text;
  const after = query.slice(toUnits(query, end));
  const gap = completion.value !== null && !/^\s/.test(after) ? " " : "";
  return { text: before + gap + after, cursor: before.length + (completion.value !== null ? 1 : 0) };
}
