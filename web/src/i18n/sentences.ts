// Sentences that the server writes (decisions, reasons, summaries of packs) in the language of the page. What the server
// says is English; a sentence that is not listed stays as it is.

// A sentence of src/ or packs/, with {} for a text and {n} for a number, and what stands for it: {1} is the first of these.
export type Sentences = Record<string, string>;

interface Pattern {
  matches: RegExp;
  translation: string;
}

export type Translate = (text: string) => string;

const deepest = 8; // sentences within sentences: the doctor joins several

// `counted`: "3 faces" in this language, for the word of one ("face").
export function translator(sentences: Sentences, counted: Record<string, (count: number) => string> = {}): Translate {
  const patterns: Pattern[] = Object.entries(sentences).map(([sentence, translation]) => ({
    matches: new RegExp(`^${sentence.split(/(\{n?\})/).map(asPattern).join("")}$`, "su"),
    translation,
  }));
  const translate = (text: string, depth: number): string => {
    const [, count, word] = /^(\d+) (\p{L}+)$/u.exec(text) ?? [];
    const singular = word === "people" ? "person" : word?.replace(/s$/, "");
    const named = singular === undefined ? undefined : counted[singular];
    if (named) return named(Number(count));
    for (const { matches, translation } of patterns) {
      const parts = matches.exec(text);
      // A part may be a sentence, too: the reason within a reason.
      if (parts) return translation.replace(/\{(\d)\}/g, (_, index: string) => (depth > 0 ? translate(parts[Number(index)] ?? "", depth - 1) : (parts[Number(index)] ?? "")));
    }
    return text;
  };
  return (text) => translate(text, deepest);
}

function asPattern(part: string): string {
  return part === "{}" ? "(.+?)" : part === "{n}" ? "(\\d+)" : part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
