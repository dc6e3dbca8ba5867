// The arithmetic of a grid of equal tiles that scrolls: which rows are on screen, and where the arrow keys lead.

export interface TileSizes {
  width: number; // of the grid, in pixels, as all below
  atLeast: number; // the least width of a tile
  gap: number;
}

// As many columns as fit, and what a tile's width becomes.
export function columnsOf({ width, atLeast, gap }: TileSizes): { columns: number; tile: number } {
  const columns = Math.max(1, Math.floor((width + gap) / (atLeast + gap)));
  return { columns, tile: Math.max(0, (width - gap * (columns - 1)) / columns) };
}

export interface Rows {
  from: number; // the first row that is drawn
  to: number; // the row after the last one
}

// `above` is how far the top of the grid is scrolled out of view (negative: below the top edge). Some rows more than the
// visible ones are drawn, so that what is scrolled to is there already.
export function rowsOf(above: number, height: number, rowHeight: number, rows: number, spare = 3): Rows {
  if (rowHeight <= 0) return { from: 0, to: 0 };
  const from = Math.floor(above / rowHeight) - spare;
  const to = Math.ceil((above + height) / rowHeight) + spare;
  const clamp = (row: number): number => Math.min(rows, Math.max(0, row));
  return { from: clamp(from), to: clamp(to) };
}

// The index to which a key leads from `index`, or undefined if the key leads nowhere.
export function moved(key: string, index: number, columns: number, count: number, page = 5): number | undefined {
  const steps: Record<string, number> = {
    ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, PageUp: -columns * page, PageDown: columns * page,
    Home: -count, End: count,
  };
  const step = steps[key];
  if (step === undefined || count === 0) return undefined;
  const wanted = index + step;
  if (wanted >= 0 && wanted < count) return wanted;
  // Up from the first row stays; down from the last row but one goes to the last, also where that is shorter.
  if (key === "ArrowUp" || key === "ArrowLeft" || key === "ArrowRight") return undefined;
  if (key === "ArrowDown" && Math.floor(index / columns) === Math.floor((count - 1) / columns)) return undefined;
  return wanted < 0 ? 0 : count - 1;
}

// Where to scroll so that row `row` is all on screen, or undefined if it is. `above` as for rowsOf().
export function scrolledTo(row: number, above: number, height: number, rowHeight: number, margin = 0): number | undefined {
  const top = row * rowHeight;
  if (top < above + margin) return top - margin;
  if (top + rowHeight > above + height - margin) return top + rowHeight - height + margin;
  return undefined;
}
