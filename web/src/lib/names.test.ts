import { describe, expect, it } from "vitest";
import { completions, folded, isolated } from "./names";

const people = ["Zinédine Zidane", "Ada Lovelace", "Adam", null, "Lovis Ada", "Strauß"].map((name) => ({ name }));
const found = (text: string, most?: number): (string | null)[] => completions(people, text, most).map((one) => one.name);

describe("completions", () => {
  it("puts names that begin with the text before those in which another word does", () => {
    expect(found("ada")).toEqual(["Ada Lovelace", "Adam", "Lovis Ada"]);
    expect(found("lov")).toEqual(["Lovis Ada", "Ada Lovelace"]);
  });
  it("ignores case and accents on both sides", () => {
    expect(found("ZINE")).toEqual(["Zinédine Zidane"]);
    expect(found("zïnê")).toEqual(["Zinédine Zidane"]);
    expect(found("strauss")).toEqual(["Strauß"]);
  });
  it("has nothing for nothing, and no more than asked for", () => {
    expect(found("  ")).toEqual([]);
    expect(found("x")).toEqual([]);
    expect(found("a", 1)).toEqual(["Ada Lovelace"]);
  });
  it("takes a text with special characters as it is", () => {
    expect(found("ada (")).toEqual([]);
    expect(folded(" ÀB ")).toBe("ab");
  });
});

describe("isolated", () => {
  it("keeps the direction of a name within the name", () => {
    expect(isolated("Ada")).toBe("\u2068Ada\u2069");
    expect(isolated("\u202eAda\u2069")).toBe("\u2068Ada\u2069");
  });
});
