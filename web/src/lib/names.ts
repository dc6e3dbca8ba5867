// Names of people: which ones complete what is typed, and how they stand within sentences.

// Without case and accents, as the server compares names.
export const folded = (text: string): string =>
  text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/ß/g, "ss").trim();

export interface Named {
  name: string | null;
}

// Those whose name begins with the text, then those in which another word does. `people` is in order of importance.
export function completions<Person extends Named>(people: readonly Person[], text: string, most = 6): Person[] {
  const wanted = folded(text);
  if (!wanted) return [];
  const first: Person[] = [];
  const second: Person[] = [];
  for (const person of people) {
    if (!person.name) continue;
    const name = folded(person.name);
    if (name.startsWith(wanted)) first.push(person);
    else if (name.split(/[^\p{L}\p{N}]+/u).some((word) => word.startsWith(wanted))) second.push(person);
  }
  return [...first, ...second].slice(0, most);
}

// A text of the user within a sentence, where there can be no <bdi> (a notice, a label): its direction stays its own, also
// when it has controls that would end that.
export const isolated = (text: string): string => `\u2068${text.replace(/[\u202a-\u202e\u2066-\u2069]/g, "")}\u2069`;
