import { describe, expect, it } from "vitest";
import type { Person } from "./people.svelte";
import { mergeTarget } from "./target";

const person = (number: number, name: string | null, photos: number): Person =>
  ({ person: number, name, photos, faces: photos, hidden: false, cover_face: null, cover_path: null });

describe("mergeTarget", () => {
  it("keeps who has a name, however few photos", () => {
    expect(mergeTarget([person(1, null, 90), person(2, "Ada", 1)]).person).toBe(2);
  });
  it("keeps who is in the most photos, then the older number", () => {
    expect(mergeTarget([person(3, "Ada", 4), person(2, "Eva", 9)]).person).toBe(2);
    expect(mergeTarget([person(8, null, 4), person(5, null, 4)]).person).toBe(5);
  });
});
