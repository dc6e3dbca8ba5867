import { describe, expect, it } from "vitest";
// The pictures of the golden file that the C++ code is held to: tools/parity/thumb_hash/make_golden.js.
import golden from "../../../src/photo/testdata/thumb_hash.json";
import { decodeThumbHash } from "./thumb_hash";

const base64 = (bytes: number[]): string => btoa(String.fromCharCode(...bytes));
const fromHex = (hex: string): string => base64(hex.match(/../g)!.map((pair) => parseInt(pair, 16)));
const hills = (x: number, y: number, c: number): number => ((x + 3 * c) * (x + 7) + (y + 5) * (y + 11 * c)) % 251;

// What a picture looks like with the waves that a ThumbHash keeps: the mean of each cell of a coarse grid.
function means(width: number, height: number, cells: number, value: (x: number, y: number) => number): number[] {
  const result = [];
  for (let j = 0; j < cells; ++j) {
    for (let i = 0; i < cells; ++i) {
      let sum = 0, count = 0;
      for (let y = Math.floor((j * height) / cells); y < Math.floor(((j + 1) * height) / cells); ++y) {
        for (let x = Math.floor((i * width) / cells); x < Math.floor(((i + 1) * width) / cells); ++x) {
          sum += value(x, y);
          count += 1;
        }
      }
      result.push(sum / count);
    }
  }
  return result;
}

describe("decodeThumbHash", () => {
  it("has the proportions of the photo, as far as a hash knows them", () => {
    for (const { width, height, hash } of golden) {
      const pixels = decodeThumbHash(fromHex(hash))!;
      expect(Math.max(pixels.width, pixels.height)).toBe(20);
      if (Math.max(width, height) <= 2 * Math.min(width, height)) {
        expect(pixels.width / pixels.height / (width / height)).toBeCloseTo(1, 0);
      }
    }
  });

  it("looks like the photo", () => {
    const one = golden.find((entry) => entry.kind === "hills" && entry.width === 100 && entry.height === 75)!;
    const pixels = decodeThumbHash(fromHex(one.hash))!;
    for (const channel of [0, 1, 2]) {
      const seen = means(pixels.width, pixels.height, 4, (x, y) => pixels.rgba[(y * pixels.width + x) * 4 + channel]!);
      const wanted = means(100, 75, 4, (x, y) => hills(x, y, channel));
      const off = seen.map((value, i) => Math.abs(value - wanted[i]!));
      expect(off.reduce((a, b) => a + b) / off.length).toBeLessThan(14);
      expect(Math.max(...off)).toBeLessThan(40);
    }
  });

  it("shows a plain grey photo grey, and nothing for half a hash", () => {
    const grey = decodeThumbHash(base64([0x20, 0x08, 0x02, 0x07, 0x00, ...new Array<number>(16).fill(0x88)]))!;
    expect([...grey.rgba.slice(0, 4)]).toEqual([130, 130, 130, 255].map((value) => expect.closeTo(value, -1)));
    expect(decodeThumbHash("AAAA")).toBeUndefined();
  });
});
