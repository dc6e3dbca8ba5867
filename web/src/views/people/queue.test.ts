import { describe, expect, it } from "vitest";
import { answered, emptyQueue, keyOf, refilled, takenBack, type Queue, type Suggestion } from "./queue";

const face = (number: number): Suggestion["shown"][number] =>
  ({ face: number, photo: 1, path: "", score: 1, box: [0, 0, 1, 1], decided: false, named_in_photo: false });
const suggestion = (person: number | null, suggested = 1, faces = [10 * (person ?? 90)]): Suggestion =>
  ({ person, faces: faces.length, shown: faces.map(face), suggested, name: "Ada", similarity: 0.6 });
const waiting = (queue: Queue): string[] => queue.waiting.map(keyOf);

const [seven, eight, lone] = [suggestion(7), suggestion(8), suggestion(null, 1, [99])];
const full = refilled(emptyQueue, [seven, eight, lone]);

describe("the queue of suggestions", () => {
  it("asks for one after the other", () => {
    expect(waiting(full)).toEqual(["person 7", "person 8", "face 99"]);
    const next = answered(full, "yes", 12);
    expect(waiting(next)).toEqual(["person 8", "face 99"]);
    expect(next.answered).toEqual([{ suggestion: seven, answer: "yes", decision: 12 }]);
  });

  it("takes answers back in reverse order", () => {
    const both = answered(answered(full, "yes", 12), "no", 13);
    expect(both.answered.at(-1)?.decision).toBe(13);
    const one = takenBack(both);
    expect(waiting(one)).toEqual(["person 8", "face 99"]);
    expect(one.answered.at(-1)?.decision).toBe(12);
    expect(takenBack(one)).toEqual(full);
    expect(takenBack(full)).toBe(full);
  });

  it("does not bring back what was skipped, until the skip is taken back", () => {
    const skipped = answered(full, "skip", null);
    expect(waiting(refilled(skipped, [seven, eight, lone]))).toEqual(["person 8", "face 99"]);
    expect(waiting(takenBack(refilled(skipped, [eight])))).toEqual(["person 7", "person 8"]);
  });

  it("keeps what is looked at in the first place when more arrives", () => {
    const better = suggestion(5);
    expect(waiting(refilled(answered(full, "yes", 1), [better, eight, lone]))).toEqual(["person 8", "person 5", "face 99"]);
  });

  it("drops what the server suggests no more, or as somebody else", () => {
    expect(waiting(refilled(full, [eight]))).toEqual(["person 8"]);
    const other = suggestion(7, 2);
    const changed = refilled(full, [eight, other]);
    expect(waiting(changed)).toEqual(["person 8", "person 7"]);
    expect(changed.waiting[1]?.suggested).toBe(2);
  });

  it("lists a suggestion once when it is taken back after the server suggested it again", () => {
    const again = refilled(answered(full, "no", 3), [seven, eight]);
    expect(waiting(takenBack(again))).toEqual(["person 7", "person 8"]);
  });

  it("has nothing to answer when it is empty", () => {
    expect(answered(emptyQueue, "yes", 1)).toBe(emptyQueue);
  });
});
