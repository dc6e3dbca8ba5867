// The eight turns of a picture, as /api/v1/duplicates names them, and how to draw a turned picture upright again.

// Which of three steps a turn is, in this order: 4 swaps rows and columns, 1 mirrors left to right, 2 mirrors top to bottom.
const steps: Record<string, number> = {
  "": 0, mirrored: 1, "mirrored and upside down": 2, "upside down": 3,
  "turned right and mirrored": 4, "turned right": 5, "turned left": 6, "turned left and mirrored": 7,
};

// The part of a canvas's transform that rotates: x' = a x + c y, y' = b x + d y.
export interface Turn { a: number; b: number; c: number; d: number }

// What takes a copy back to the picture that was turned to get it.
export function turnBack(turned: string): Turn {
  const step = steps[turned] ?? 0;
  // The steps in reverse; each one reverses itself.
  const x = step & 1 ? -1 : 1;
  const y = step & 2 ? -1 : 1;
  return step & 4 ? { a: 0, b: x, c: y, d: 0 } : { a: x, b: 0, c: 0, d: y };
}

export const swapsSides = (turned: string): boolean => ((steps[turned] ?? 0) & 4) !== 0;
