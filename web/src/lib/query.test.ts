import { describe, expect, it } from "vitest";
import { complete, quote, splitQuery, toCharacters, toUnits, withoutPart } from "./query";

const parts = (query: string) => splitQuery(query).map(({ key, value, negated }) => `${negated ? "not " : ""}${key}=${value}`);

describe("splitQuery", () => {
  it("tells filters from words", () => {
    expect(parts('sunset -object:person text:"no parking" after:2023')).toEqual([
      "=sunset", "not object=person", "text=no parking", "after=2023",
    ]);
    expect(parts("object:dog>=2 near:48.21,16.37,5")).toEqual(["object=dog>=2", "near=48.21,16.37,5"]);
  });

  it("takes quotes, curly ones and other spaces", () => {
    expect(parts("person:\u201cAda Lovelace\u201d\u00a0a\u3000b")).toEqual(["person=Ada Lovelace", "=a", "=b"]);
    expect(parts(String.raw`name:"the \"best\" one" x`)).toEqual(['name=the "best" one', "=x"]);
    expect(parts('"10:30" text:"half')).toEqual(["=10:30", "text=half"]);
    expect(parts('a "b\\')).toHaveLength(2);
  });

  it("knows where each part is", () => {
    const query = '  🦉 text:"a b"  c ';
    for (const part of splitQuery(query)) expect(query.slice(part.start, part.end)).toBe(part.text);
    expect(splitQuery("   ")).toEqual([]);
  });

  it("removes a part", () => {
    const query = "a dog -object:car in:rome";
    expect(withoutPart(query, splitQuery(query)[2]!)).toBe("a dog in:rome");
    expect(withoutPart("text:x", splitQuery("text:x")[0]!)).toBe("");
  });
});

describe("quote", () => {
  it("makes one value of any text", () => {
    for (const value of ["dog", "sports ball", 'a "b" \\ c', "Zoë", "a:b", "\u202eevil", "", "it's <b>", "a\\"]) {
      const [part, ...others] = splitQuery(`object:${quote(value)}`);
      expect([part!.value, others]).toEqual([value, []]);
    }
  });
});

describe("complete", () => {
  it("replaces what was typed, and goes on behind it", () => {
    expect(complete("a dog pers", { start: 6, end: 10 }, { text: "object:person", value: "person" })).toEqual({ text: "a dog object:person ", cursor: 20 });
    expect(complete("ob", { start: 0, end: 2 }, { text: "object:", value: null })).toEqual({ text: "object:", cursor: 7 });
    expect(complete("object:do in:rome", { start: 0, end: 9 }, { text: "object:dog", value: "dog" })).toEqual({ text: "object:dog in:rome", cursor: 11 });
  });

  it("counts characters as the server does", () => {
    const query = "🦉🦉 ob";
    expect(toCharacters(query, query.length)).toBe(5);
    expect(toUnits(query, 3)).toBe(5);
    expect(complete(query, { start: 3, end: 5 }, { text: "object:", value: null }).text).toBe("🦉🦉 object:");
  });
});
