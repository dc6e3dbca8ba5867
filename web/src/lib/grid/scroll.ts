// Browsers cannot scroll much more than 17 million pixels, and a million photos need more. The element that scrolls is a
// window into the whole: its first pixel is pixel `base` of the whole, and moves when the window's end comes near.

export const windowHeight = 4_000_000; // pixels
const margin = 500_000; // from an end, at which the window moves

export interface Scroll {
  base: number; // pixels of the whole above the window
  top: number; // scrollTop, within the window
}

export const heightOfWindow = (total: number): number => Math.min(total, windowHeight);

// Where to scroll so that pixel `position` of the whole is at the top of the screen.
export function scrollTo(position: number, total: number, screen: number): Scroll {
  const wanted = Math.min(Math.max(0, position), Math.max(0, total - screen));
  const base = Math.min(Math.max(0, wanted - windowHeight / 2), Math.max(0, total - windowHeight));
  return { base: Math.round(base), top: wanted - Math.round(base) };
}

// What to change after somebody scrolled to `scroll.top`; undefined: nothing.
export function rebase(scroll: Scroll, total: number, screen: number): Scroll | undefined {
  const height = heightOfWindow(total);
  const nearTop = scroll.top < margin && scroll.base > 0;
  const nearEnd = scroll.top + screen > height - margin && scroll.base + height < total;
  return nearTop || nearEnd ? scrollTo(scroll.base + scroll.top, total, screen) : undefined;
}
