import { describe, expect, it } from "vitest";
import { worldSvg } from "./world.js";

describe("the outline of the world", () => {
  it("has no line across the whole map, but along a pole", () => {
    const rings = worldSvg().match(/M[^z]*z/g);
    expect(rings.length).toBeGreaterThan(100);
    const lines = [];
    for (const ring of rings) {
      let [x, y, ...steps] = ring.match(/-?[\d.]+/g).map(Number);
      for (let i = 0; i + 1 < steps.length; i += 2) {
        const isLong = Math.abs(steps[i]) > 180;
        y += steps[i + 1];
        x += steps[i];
        if (isLong && Math.abs(Math.abs(y) - 90) > 0.2) lines.push([x, y]);
      }
    }
    expect(lines).toEqual([]);
  });

  it("shows the end of Siberia at both ends of the map", () => {
    const ends = worldSvg().match(/M[^z]*z/g).map((ring) => {
      const [first, , ...steps] = ring.match(/-?[\d.]+/g).map(Number);
      const all = [first];
      for (let i = 0; i + 1 < steps.length; i += 2) all.push(all.at(-1) + steps[i]);
      return [Math.min(...all), Math.max(...all)];
    });
    expect(ends.some(([, most]) => most > 185)).toBe(true);
    expect(ends.some(([least]) => least < -185)).toBe(true);
  });
});
