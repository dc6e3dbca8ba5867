import { describe, expect, it } from "vitest";
import { swapsSides, turnBack } from "./turns";

// Where a point of the copy was before; x to the right, y down, from the middle.
function back(turned: string, x: number, y: number): [number, number] {
  const { a, b, c, d } = turnBack(turned);
  return [a * x + c * y + 0, b * x + d * y + 0];
}

describe("turnBack", () => {
  // The top edge's middle (0, -1) of the picture is on the right edge (1, 0) of the copy that was turned right.
  it("takes quarter turns back", () => {
    expect(back("turned right", 1, 0)).toEqual([0, -1]);
    expect(back("turned left", -1, 0)).toEqual([0, -1]);
    expect(swapsSides("turned right")).toBe(true);
  });
  it("takes mirrored copies back", () => {
    expect(back("mirrored", -1, -1)).toEqual([1, -1]);
    expect(back("upside down", 1, 1)).toEqual([-1, -1]);
    expect(back("mirrored and upside down", 1, 1)).toEqual([1, -1]);
    expect(swapsSides("upside down")).toBe(false);
  });
  it("takes back what was turned and then mirrored", () => {
    // Turned right, the top is on the right; mirrored, it is on the left.
    expect(back("turned right and mirrored", -1, 0)).toEqual([0, -1]);
    expect(back("turned left and mirrored", 1, 0)).toEqual([0, -1]);
    expect(swapsSides("turned left and mirrored")).toBe(true);
  });
  it("leaves others as they are", () => {
    expect(back("", 3, 4)).toEqual([3, 4]);
  });
});
