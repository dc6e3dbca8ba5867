// Where findings are on a photo, in percent of its size, so that they fit at any zoom.

export type Point = [number, number];

export interface PlacedLine {
  left: number; // percent of the photo's width
  top: number; // percent of its height
  width: number; // percent of the photo's width, along the line
  height: number; // percent of the photo's height, across the line
  angle: number; // degrees, clockwise
  points: string; // the corners in pixels, for <polygon>
}

// A line of text from the corners top left, top right, bottom right, bottom left, in pixels.
export function placeLine(quad: Point[], photo: { width: number; height: number }): PlacedLine | undefined {
  const [topLeft, topRight, , bottomLeft] = quad;
  if (!topLeft || !topRight || !bottomLeft) return undefined;
  const along = Math.hypot(topRight[0] - topLeft[0], topRight[1] - topLeft[1]);
  const across = Math.hypot(bottomLeft[0] - topLeft[0], bottomLeft[1] - topLeft[1]);
  return {
    left: (100 * topLeft[0]) / photo.width,
    top: (100 * topLeft[1]) / photo.height,
    width: (100 * along) / photo.width,
    height: (100 * across) / photo.height,
    angle: (Math.atan2(topRight[1] - topLeft[1], topRight[0] - topLeft[0]) * 180) / Math.PI,
    points: quad.map((point) => point.join(",")).join(" "),
  };
}

export function placeBox([x, y, width, height]: readonly number[], photo: { width: number; height: number }) {
  return {
    left: (100 * x!) / photo.width,
    top: (100 * y!) / photo.height,
    width: (100 * width!) / photo.width,
    height: (100 * height!) / photo.height,
  };
}

let context: CanvasRenderingContext2D | null | undefined;

// How much a text must be stretched to be `width` long at a font size of `size`: both in the same unit.
export function stretchOf(text: string, width: number, size: number): number {
  context ??= document.createElement("canvas").getContext("2d");
  if (!context) return 1;
  context.font = "100px sans-serif";
  const natural = (context.measureText(text).width * size) / 100;
  return natural > 0 ? width / natural : 1;
}
