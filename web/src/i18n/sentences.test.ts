import { describe, expect, it } from "vitest";
import { deSentences } from "./de_sentences";
import { translator } from "./sentences";

const counted = { face: (count: number) => `${count} Gesichter`, person: (count: number) => `${count} Personen`, photo: (count: number) => `${count} Fotos` };
const german = translator(deSentences, counted);

describe("sentences of the server", () => {
  it("are translated with what they say", () => {
    expect(german("Merged 3 people into Ada")).toBe("3 Personen mit Ada zusammengelegt");
    expect(german("Named person 7 Ada Lovelace")).toBe("Person 7 benannt: Ada Lovelace");
    expect(german("Marked 2 photos for deletion")).toBe("2 Fotos zum Löschen vorgemerkt");
    expect(german("Moved 2 faces to a new person, person 12")).toBe("2 Gesichter einer neuen Person zugeordnet, Person 12");
    expect(german("4000x3000 against 400x300")).toBe("4000 × 3000 statt 400 × 300");
    expect(german("PNG against JPEG")).toBe("PNG statt JPEG");
  });

  it("are translated within others", () => {
    expect(german("decision 9 changed the same later (Hid person 3): undo that one first")).toContain("(Person 3 ausgeblendet)");
    expect(german("decoder stopped: out of memory (limits.decoder_memory_mb)")).toBe("Der Decoder wurde angehalten: zu wenig Speicher (limits.decoder_memory_mb)");
  });

  it("stay as they are if they are not known", () => {
    for (const text of ["", "the moon is full", "a\nb", "$& {1}"]) expect(german(text)).toBe(text);
    expect(german("Hid $& {1}")).toBe("$& {1} ausgeblendet");
  });

  // Or a changed sentence would be shown in English, and nobody would notice.
  it("are sentences that the server has", () => {
    const files: Record<string, string> = import.meta.glob(["../../../src/**/*.{cc,h}", "../../../packs/*.toml", "!**/*_test.cc"], { query: "?raw", import: "default", eager: true });
    const source = Object.values(files).join("\n").replace(/"\s*\n\s*"/g, "").replaceAll('\\"', '"').replace(/\{:[^}]*\}/g, "{}");
    expect(source.length).toBeGreaterThan(1_000_000);
    const missing = Object.keys(deSentences).filter((sentence) => !sentence.split(/\{n?\}/).every((part) => source.includes(part.trim())));
    expect(missing).toEqual([]);
  });
});
