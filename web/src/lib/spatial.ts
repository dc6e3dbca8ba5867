// Arrow keys among things that stand in rows: the nearest one in a direction.

interface Box { left: number; top: number; width: number; height: number }

export function nearestInDirection(boxes: Box[], from: number, key: string): number | undefined {
  const own = boxes[from];
  if (!own) return undefined;
  if (key === "ArrowLeft" || key === "ArrowRight") {
    const next = from + (key === "ArrowLeft" ? -1 : 1);
    return boxes[next] ? next : undefined;
  }
  if (key !== "ArrowUp" && key !== "ArrowDown") return undefined;
  const down = key === "ArrowDown";
  const x = (box: Box): number => box.left + box.width / 2;
  const y = (box: Box): number => box.top + box.height / 2;
  let best: number | undefined;
  let shortest = Infinity;
  boxes.forEach((box, i) => {
    const rise = down ? y(box) - y(own) : y(own) - y(box);
    if (rise < Math.min(own.height, box.height) / 2) return; // in the same row, or behind
    const distance = rise * 4 + Math.abs(x(box) - x(own)); // the next row counts more than the column
    if (distance < shortest) [best, shortest] = [i, distance];
  });
  return best;
}

// {onkeydown} of an element whose `selector` descendants take the focus.
export function moveFocus(event: KeyboardEvent, root: HTMLElement, selector: string): void {
  if (!event.key.startsWith("Arrow") || event.ctrlKey || event.metaKey || event.altKey) return;
  const items = [...root.querySelectorAll<HTMLElement>(selector)];
  const from = items.indexOf(document.activeElement as HTMLElement);
  const to = from < 0 ? 0 : nearestInDirection(items.map((item) => item.getBoundingClientRect()), from, event.key);
  if (to === undefined || !items[to]) return;
  event.preventDefault();
  items[to].focus();
}
