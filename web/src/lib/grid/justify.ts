// Rows of photos that fill the width: each row has its own height, near the wanted one, and keeps the proportions.

export interface Row {
  first: number; // index of its first photo
  end: number; // one after its last
  top: number;
  height: number;
}

export interface Shape {
  width: number; // of all rows, in pixels
  rowHeight: number; // wanted
  gap: number;
}

// Wider and higher photos are cropped to these proportions, or a panorama would be a line, and a receipt a column.
const narrowest = 0.5;
const widest = 3;
// The last row is stretched only this much: fewer photos stay at the left at the wanted height.
const mostStretch = 1.25;

// Used until the size of a photo is known.
export const usualAspect = 4 / 3;

export const clampAspect = (width: number | null, height: number | null): number =>
  width && height ? Math.min(widest, Math.max(narrowest, width / height)) : usualAspect;

export function justify(aspects: ArrayLike<number>, { width, rowHeight, gap }: Shape): Row[] {
  const rows: Row[] = [];
  let top = 0;
  const add = (first: number, end: number, height: number): void => {
    rows.push({ first, end, top, height });
    top += height + gap;
  };
  const heightOf = (sum: number, count: number): number => (width - gap * (count - 1)) / sum;
  let first = 0;
  let sum = 0;
  for (let i = 0; i < aspects.length; ++i) {
    const aspect = aspects[i] ?? usualAspect;
    const count = i - first;
    const height = heightOf(sum + aspect, count + 1);
    sum += aspect;
    if (height > rowHeight) continue;
    // The row is full with this photo. Without it, it may be nearer to the wanted height.
    const without = count > 0 ? heightOf(sum - aspect, count) : Infinity;
    if (without - rowHeight < rowHeight - height) {
      add(first, i, without);
      first = i;
      sum = aspect;
      const alone = heightOf(aspect, 1);
      if (alone > rowHeight) continue;
      add(first, i + 1, alone);
    } else {
      add(first, i + 1, height);
    }
    first = i + 1;
    sum = 0;
  }
  if (first < aspects.length) {
    const full = heightOf(sum, aspects.length - first);
    add(first, aspects.length, full <= rowHeight * mostStretch ? full : rowHeight);
  }
  return rows;
}

// Without the gap below the last row.
export const heightOfRows = (rows: Row[]): number => {
  const last = rows.at(-1);
  return last ? last.top + last.height : 0;
};

// The index of the first of `count` things, in order, for which `holds`; `count` if there is none.
export function firstIndex(count: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

// The rows that overlap [top, bottom).
export function rowsBetween(rows: Row[], top: number, bottom: number): Row[] {
  const from = firstIndex(rows.length, (i) => rows[i]!.top + rows[i]!.height > top);
  const to = firstIndex(rows.length, (i) => rows[i]!.top >= bottom);
  return rows.slice(from, Math.max(from, to));
}
