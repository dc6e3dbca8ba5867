import { describe, expect, it } from "vitest";
import { fitInto, keepInside, mostZoom, whole, zoomAt } from "./zoom";

const screen = { width: 1000, height: 800 };

describe("zoom", () => {
  it("fits the photo into the screen, and does not blow up small ones", () => {
    expect(fitInto({ width: 4000, height: 2000 }, screen)).toEqual({ width: 1000, height: 500 });
    expect(fitInto({ width: 1000, height: 4000 }, screen)).toEqual({ width: 200, height: 800 });
    expect(fitInto({ width: 100, height: 100 }, screen)).toEqual({ width: 200, height: 200 });
  });

  it("keeps what is under the pointer", () => {
    const point = { x: 300, y: -100 };
    const view = { zoom: 2, x: 50, y: 20 };
    // A point of the photo, in pixels at zoom 1 from its middle.
    const under = (seen: typeof view) => ({ x: (point.x - seen.x) / seen.zoom, y: (point.y - seen.y) / seen.zoom });
    expect(under(zoomAt(view, 5, point))).toEqual({ x: expect.closeTo(under(view).x), y: expect.closeTo(under(view).y) });
    expect(zoomAt(zoomAt(view, 5, point), 2, point)).toEqual({ zoom: 2, x: expect.closeTo(50), y: expect.closeTo(20) });
  });

  it("does not move a photo off the screen", () => {
    const fit = fitInto({ width: 4000, height: 2000 }, screen);
    expect(keepInside({ zoom: 1, x: 90, y: -40 }, fit, screen)).toEqual({ ...whole, x: 0, y: -0 });
    expect(keepInside({ zoom: 4, x: 9999, y: -9999 }, fit, screen)).toEqual({ zoom: 4, x: 1500, y: -600 });
  });

  it("zooms in to the pixels", () => {
    expect(mostZoom({ width: 4000, height: 2000 }, { width: 1000, height: 500 })).toBe(16);
    expect(mostZoom({ width: 100, height: 100 }, { width: 200, height: 200 })).toBe(2);
  });
});
