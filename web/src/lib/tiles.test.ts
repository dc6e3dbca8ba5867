import { describe, expect, it } from "vitest";
import { columnsOf, moved, rowsOf, scrolledTo } from "./tiles";

describe("columnsOf", () => {
  it("fits as many columns as it can, and shares what is left", () => {
    expect(columnsOf({ width: 420, atLeast: 100, gap: 10 })).toEqual({ columns: 3, tile: 400 / 3 });
    expect(columnsOf({ width: 430, atLeast: 100, gap: 10 })).toEqual({ columns: 4, tile: 100 });
  });
  it("has one column, however narrow the window is", () => {
    expect(columnsOf({ width: 50, atLeast: 100, gap: 10 })).toEqual({ columns: 1, tile: 50 });
    expect(columnsOf({ width: 0, atLeast: 100, gap: 10 })).toEqual({ columns: 1, tile: 0 });
  });
});

describe("rowsOf", () => {
  it("draws what is on screen and three rows around it", () => {
    expect(rowsOf(1000, 500, 100, 1000)).toEqual({ from: 7, to: 18 });
  });
  it("stays within the rows that there are", () => {
    expect(rowsOf(-200, 500, 100, 1000)).toEqual({ from: 0, to: 6 });
    expect(rowsOf(99_900, 500, 100, 1000)).toEqual({ from: 996, to: 1000 });
    expect(rowsOf(500_000, 500, 100, 1000)).toEqual({ from: 1000, to: 1000 });
  });
  it("draws nothing before the size is known", () => {
    expect(rowsOf(0, 500, 0, 10)).toEqual({ from: 0, to: 0 });
  });
});

describe("moved", () => {
  // 0 1 2 3
  // 4 5 6 7
  // 8 9
  it("moves by tile and by row", () => {
    expect(moved("ArrowRight", 3, 4, 10)).toBe(4);
    expect(moved("ArrowLeft", 4, 4, 10)).toBe(3);
    expect(moved("ArrowDown", 1, 4, 10)).toBe(5);
    expect(moved("ArrowUp", 5, 4, 10)).toBe(1);
  });
  it("goes down into a last row that is shorter", () => {
    expect(moved("ArrowDown", 7, 4, 10)).toBe(9);
    expect(moved("ArrowDown", 8, 4, 10)).toBeUndefined();
  });
  it("stays at the edges", () => {
    expect(moved("ArrowUp", 2, 4, 10)).toBeUndefined();
    expect(moved("ArrowLeft", 0, 4, 10)).toBeUndefined();
    expect(moved("ArrowRight", 9, 4, 10)).toBeUndefined();
  });
  it("jumps to both ends, and by pages", () => {
    expect(moved("End", 0, 4, 10)).toBe(9);
    expect(moved("Home", 7, 4, 10)).toBe(0);
    expect(moved("PageDown", 0, 4, 100)).toBe(20);
    expect(moved("PageUp", 3, 4, 100)).toBe(0);
  });
  it("leaves other keys alone, and an empty grid", () => {
    expect(moved("x", 0, 4, 10)).toBeUndefined();
    expect(moved("ArrowRight", 0, 4, 0)).toBeUndefined();
  });
});

describe("scrolledTo", () => {
  it("scrolls no further than needed", () => {
    expect(scrolledTo(5, 0, 400, 100)).toBe(200);
    expect(scrolledTo(5, 800, 400, 100)).toBe(500);
    expect(scrolledTo(5, 300, 400, 100)).toBeUndefined();
  });
});
