import { describe, expect, it } from "vitest";
import { clampAspect, firstIndex, heightOfRows, justify, rowsBetween } from "./justify";

const shape = { width: 1000, rowHeight: 200, gap: 4 };
const some = (count: number, seed = 7): number[] => {
  const aspects = [];
  for (let i = 0; i < count; ++i) {
    seed = (seed * 16807) % 2147483647;
    aspects.push([3 / 4, 4 / 3, 1, 3 / 2, 16 / 9, 2 / 3][seed % 6]!);
  }
  return aspects;
};

describe("justify", () => {
  it("fills every row but the last to the pixel", () => {
    const aspects = some(500);
    const rows = justify(aspects, shape);
    for (const row of rows.slice(0, -1)) {
      const widths = aspects.slice(row.first, row.end).reduce((sum, aspect) => sum + aspect * row.height, 0);
      expect(widths + shape.gap * (row.end - row.first - 1)).toBeCloseTo(shape.width, 6);
      expect(row.height).toBeGreaterThan(130);
      expect(row.height).toBeLessThan(290);
    }
  });

  it("shows each photo once, in order", () => {
    const rows = justify(some(123), shape);
    expect(rows[0]!.first).toBe(0);
    expect(rows.at(-1)!.end).toBe(123);
    rows.slice(1).forEach((row, i) => {
      expect(row.first).toBe(rows[i]!.end);
      expect(row.top).toBeCloseTo(rows[i]!.top + rows[i]!.height + shape.gap, 6);
    });
  });

  it("leaves a few photos at the wanted height, and stretches nearly full rows", () => {
    expect(justify([1], shape)).toEqual([{ first: 0, end: 1, top: 0, height: 200 }]);
    expect(justify([1, 1, 1, 1.2], shape)[0]!.height).toBeCloseTo((1000 - 12) / 4.2, 6);
    expect(justify([], shape)).toEqual([]);
    expect(heightOfRows([])).toBe(0);
  });

  it("gives a panorama a row of its own, no wider than the grid", () => {
    const narrow = { ...shape, width: 360 };
    for (const row of justify([3, 3, 0.5, 3], narrow)) expect(row.height).toBeLessThanOrEqual(200);
  });

  it("crops extreme proportions", () => {
    expect(clampAspect(10_000, 100)).toBe(3);
    expect(clampAspect(100, 10_000)).toBe(0.5);
    expect(clampAspect(null, 5)).toBeCloseTo(4 / 3);
    expect(clampAspect(300, 200)).toBe(1.5);
  });

  it("takes a million photos in one go", () => {
    const rows = justify(new Float32Array(1_000_000).fill(1.4), shape);
    expect(rows.at(-1)!.end).toBe(1_000_000);
  });
});

describe("rowsBetween", () => {
  it("finds the rows that are on the screen, and no others", () => {
    const rows = justify(some(300), shape);
    const seen = rowsBetween(rows, 700, 1500);
    expect(seen).toEqual(rows.filter((row) => row.top + row.height > 700 && row.top < 1500));
    expect(rowsBetween(rows, -500, 0)).toEqual([]);
    expect(rowsBetween(rows, 1e9, 2e9)).toEqual([]);
  });

  it("firstIndex finds the border", () => {
    for (const border of [0, 1, 5, 9, 10]) expect(firstIndex(10, (i) => i >= border)).toBe(border);
  });
});
