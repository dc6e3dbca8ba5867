import { describe, expect, it } from "vitest";
import { heightOfWindow, rebase, scrollTo, windowHeight, type Scroll } from "./scroll";

const screen = 900;

describe("a window of the whole", () => {
  it("is the whole if that is small", () => {
    expect(heightOfWindow(5000)).toBe(5000);
    expect(scrollTo(1200, 5000, screen)).toEqual({ base: 0, top: 1200 });
    expect(rebase({ base: 0, top: 0 }, 5000, screen)).toBeUndefined();
    expect(rebase({ base: 0, top: 4100 }, 5000, screen)).toBeUndefined();
  });

  it("reaches both ends", () => {
    const total = 60_000_000;
    expect(scrollTo(-5, total, screen)).toEqual({ base: 0, top: 0 });
    const end = scrollTo(total, total, screen);
    expect(end.base + end.top).toBe(total - screen);
    expect(end.top + screen).toBe(heightOfWindow(total));
  });

  it("moves before its end, and what is on the screen stays", () => {
    const total = 60_000_000;
    let scroll: Scroll = { base: 0, top: 0 };
    let moves = 0;
    for (let position = 0; position < total - screen; position += 10_000) {
      scroll = { base: scroll.base, top: position - scroll.base };
      expect(scroll.top).toBeLessThanOrEqual(windowHeight - screen);
      const next = rebase(scroll, total, screen);
      if (next) {
        expect(next.base + next.top).toBe(position);
        scroll = next;
        moves += 1;
      }
    }
    expect(moves).toBeGreaterThan(10);
    expect(moves).toBeLessThan(60);
  });
});
