import { describe, expect, it } from "vitest";
import { isIn, makeSections } from "./sections";

const days = (...list: [string, number][]) => list.map(([bucket, photos]) => ({ bucket, photos }));
const shown = (...list: [string, number][]) =>
  makeSections(days(...list)).map((one) => `${one.from}${one.from === one.to ? "" : `..${one.to}`}: ${one.count}`);

describe("makeSections", () => {
  it("shows a usual month as one section, with its days together", () => {
    expect(shown(["2024-05-17", 60], ["2024-05-02", 40], ["2024-04-30", 90])).toEqual(["2024-05: 100", "2024-04: 90"]);
  });

  it("shows a month with many photos day by day", () => {
    expect(shown(["2024-05-17", 250], ["2024-05-02", 100], ["2024-04-30", 90])).toEqual([
      "2024-05-17: 250", "2024-05-02: 100", "2024-04: 90",
    ]);
  });

  it("puts months and years with few photos together", () => {
    expect(shown(["2024-05-17", 2], ["2024-04-01", 3], ["2023-01-01", 1], ["2019-01-01", 1])).toEqual(["2024-05..2019-01: 7"]);
    expect(shown(["2024-05-17", 2], ["2024-04-01", 30], ["2024-03-01", 3])).toEqual(["2024-05: 2", "2024-04: 30", "2024-03: 3"]);
  });

  it("never puts a day of a busy month to something else", () => {
    expect(shown(["2024-05-17", 299], ["2024-05-02", 2], ["2024-04-30", 3])).toEqual(["2024-05-17: 299", "2024-05-02: 2", "2024-04: 3"]);
  });

  it("shows photos without a date last", () => {
    expect(shown(["2024-05-17", 60], ["none", 12])).toEqual(["2024-05: 60", "none: 12"]);
    expect(shown(["none", 12])).toEqual(["none: 12"]);
    expect(shown()).toEqual([]);
  });

  it("keeps every photo", () => {
    const many = Array.from({ length: 4000 }, (_, i): [string, number] => [
      new Date(Date.UTC(2024, 0, 1) - i * 86_400_000).toISOString().slice(0, 10), (i * 37) % 90,
    ]);
    const total = many.reduce((all, [, count]) => all + count, 0);
    expect(makeSections(days(...many)).reduce((all, one) => all + one.count, 0)).toBe(total);
  });

  it("takes dates of which no day or month is known", () => {
    expect(shown(["2024-05-17", 40], ["2024-05", 3], ["2024", 2], ["2023", 40])).toEqual(["2024-05: 43", "2024: 2", "2023: 40"]);
    expect(makeSections(days(["2024-05-17", 400], ["2024-05", 3]))[1]!.buckets).toEqual([{ by: "day", name: "2024-05", count: 3 }]);
  });

  it("uses the camera's day, whatever zone follows", () => {
    expect(isIn({ by: "day", name: "2024-05-17", count: 1 }, "2024-05-17T23:59:59-08:00")).toBe(true);
    expect(isIn({ by: "day", name: "2024-05", count: 1 }, "2024-05-17T23:59:59")).toBe(false);
    expect(isIn({ by: "month", name: "2024-05", count: 1 }, "2024-05-17T23:59:59")).toBe(true);
    expect(isIn({ by: "month", name: "none", count: 1 }, null)).toBe(true);
  });
});
