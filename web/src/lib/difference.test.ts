import { describe, expect, it } from "vitest";
import { difference } from "./difference";

const rgba = (...pixels: number[][]): Uint8ClampedArray => new Uint8ClampedArray(pixels.flat());

describe("difference", () => {
  it("shows equal pixels in grey, and those that differ in colour", () => {
    const first = rgba([100, 100, 100, 255], [100, 100, 100, 255]);
    const { pixels, share } = difference(first, rgba([100, 100, 100, 255], [255, 0, 0, 255]));
    expect([...pixels.slice(0, 4)]).toEqual([40, 40, 40, 255]);
    expect([...pixels.slice(4)]).toEqual([255, 96, 48, 255]);
    expect(share).toBe(0.5);
  });
  it("does not count the noise of resizing and JPEG", () => {
    expect(difference(rgba([100, 100, 100, 255]), rgba([112, 90, 100, 255])).share).toBe(0);
  });
  it("compares nothing where the second picture is not", () => {
    const { pixels, share } = difference(rgba([200, 200, 200, 255], [0, 0, 0, 255]), rgba([0, 0, 0, 0], [0, 0, 0, 255]));
    expect(share).toBe(0);
    expect([...pixels.slice(0, 3)]).toEqual([80, 80, 80]);
  });
});
