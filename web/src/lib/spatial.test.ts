import { expect, it } from "vitest";
import { nearestInDirection } from "./spatial";

// Two rows of three, and one of two.
const boxes = [
  [0, 0, 100], [110, 0, 100], [220, 0, 100],
  [0, 110, 150], [160, 110, 60], [230, 110, 90],
  [0, 220, 160], [170, 220, 150],
].map(([left, top, width]) => ({ left: left!, top: top!, width: width!, height: 100 }));

it("goes along a row and on to the next", () => {
  expect(nearestInDirection(boxes, 2, "ArrowRight")).toBe(3);
  expect(nearestInDirection(boxes, 3, "ArrowLeft")).toBe(2);
  expect(nearestInDirection(boxes, 0, "ArrowLeft")).toBeUndefined();
});

it("goes up and down to what is nearest", () => {
  expect(nearestInDirection(boxes, 1, "ArrowDown")).toBe(4);
  expect(nearestInDirection(boxes, 5, "ArrowDown")).toBe(7);
  expect(nearestInDirection(boxes, 7, "ArrowUp")).toBe(5);
  expect(nearestInDirection(boxes, 6, "ArrowDown")).toBeUndefined();
});
