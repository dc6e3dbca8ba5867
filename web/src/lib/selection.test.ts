import { describe, expect, it } from "vitest";
import { Selection } from "./selection.svelte";

const all = [1, 2, 3, 4, 5];

describe("Selection", () => {
  it("selects and deselects single items", () => {
    const selection = new Selection<number>();
    selection.toggle(2);
    selection.toggle(4);
    selection.toggle(2);
    expect([...selection.ids]).toEqual([4]);
  });
  it("extends from the last item in both directions", () => {
    const selection = new Selection<number>();
    selection.toggle(4);
    selection.extend(2, all);
    expect([...selection.ids].sort()).toEqual([2, 3, 4]);
    selection.extend(5, all);
    expect(selection.size).toBe(4);
  });
  it("extends to the item alone when nothing was selected, or the last one is gone", () => {
    const selection = new Selection<number>();
    selection.extend(3, all);
    expect([...selection.ids]).toEqual([3]);
    selection.clear();
    selection.toggle(9);
    selection.extend(2, all);
    expect(selection.has(1)).toBe(false);
    expect(selection.has(2)).toBe(true);
  });
  it("keeps what is still there", () => {
    const selection = new Selection<number>();
    all.forEach((id) => selection.toggle(id));
    selection.keep([1, 5, 7]);
    expect([...selection.ids]).toEqual([1, 5]);
  });
});
