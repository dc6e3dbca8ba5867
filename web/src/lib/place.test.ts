import { describe, expect, it } from "vitest";
import { formatPlace, parsePlace } from "./place";

describe("the state in the address", () => {
  it("comes back as it was", () => {
    for (const place of [
      { view: "library", id: "", params: {} },
      { view: "photo", id: "12", params: { from: "search", q: 'text:"no parking" a & b = #1 + 100 %' } },
      { view: "folders", id: "/photos/a b/ünï?x#y", params: { sort: "newest" } },
      { view: "search", id: "", params: { q: "\u202edrowssap 🦉 <b>" } },
    ]) {
      expect(parsePlace(formatPlace(place))).toEqual(place);
    }
  });

  it("leaves out what is empty", () => {
    expect(formatPlace({ view: "search", params: { q: "", sort: undefined } })).toBe("#/search");
    expect(formatPlace({ view: "photo", id: 0 })).toBe("#/photo/0");
  });

  it("takes what somebody typed", () => {
    expect(parsePlace("")).toEqual({ view: "", id: "", params: {} });
    expect(parsePlace("#photo/3")).toEqual({ view: "photo", id: "3", params: {} });
    expect(parsePlace("#/photo/%E0%A4%A")).toEqual({ view: "photo", id: "%E0%A4%A", params: {} });
  });
});
