import { expect, it } from "vitest";
import { placeBox, placeLine } from "./layers";

const photo = { width: 200, height: 100 };

it("places a line of text along its upper edge", () => {
  expect(placeLine([[20, 10], [120, 10], [120, 30], [20, 30]], photo)).toEqual({
    left: 10, top: 10, width: 50, height: 20, angle: 0, points: "20,10 120,10 120,30 20,30",
  });
  const rising = placeLine([[0, 100], [100, 0], [110, 10], [10, 110]], photo)!;
  expect(rising.angle).toBeCloseTo(-45);
  expect(rising.width).toBeCloseTo((100 * Math.SQRT2 * 100) / 200);
  expect(placeLine([[1, 2]], photo)).toBeUndefined();
});

it("places a box", () => {
  expect(placeBox([50, 25, 100, 50], photo)).toEqual({ left: 25, top: 25, width: 50, height: 50 });
});
