import { describe, expect, it } from "vitest";
import { marksOf, readReason, readReasons } from "./why";

describe("readReason", () => {
  it.each([
    ["meaning 0.71", { kind: "meaning", score: 0.71, weak: false }],
    ["weak meaning 0.41", { kind: "meaning", score: 0.41, weak: true }],
    ['object "cat" 0.82', { kind: "object", text: "cat", score: 0.82 }],
    ['object "dog" x3 0.82', { kind: "object", text: "dog", count: 3, score: 0.82 }],
    ['text "NO "PARKING" x2"', { kind: "text", text: 'NO "PARKING" x2' }],
    ['not object "dog"', { kind: "object", text: "dog", negated: true }],
    ["looks alike 0.83", { kind: "alike", score: 0.83 }],
    ["not searched by meaning: no pack", { kind: "other", text: "not searched by meaning: no pack" }],
  ])("%s", (why, wanted) => expect(readReason(why)).toMatchObject(wanted));

  it("has weak meaning after what makes a photo a hit", () => {
    expect(readReasons(["weak meaning 0.41", 'object "cat" 0.8', 'name "cat"']).map((one) => one.kind)).toEqual(["object", "name", "meaning"]);
  });

  it("marks what was found on the photo, and not what is absent", () => {
    expect(marksOf(['object "dog" 0.8', 'not object "cat"', 'text "PARKING"', "meaning 0.5"])).toEqual({
      labels: new Set(["dog"]), lines: new Set(["PARKING"]),
    });
  });
});
