// Draws a copy over the photo that it is a copy of, whatever was done to it.
import type { Duplicate } from "../../api/generated";
import { swapsSides, turnBack } from "../../lib/turns";

export interface Size { width: number; height: number }

export function loadImage(address: string): Promise<HTMLImageElement> {
  const image = new Image();
  image.decoding = "async";
  image.src = address;
  return image.decode().then(() => image);
}

// `size` is the canvas's, and `keeper` the photo's whose pixels `part` of a crop counts.
export function drawAligned(canvas: CanvasRenderingContext2D, image: CanvasImageSource, copy: Duplicate, size: Size, keeper: Size): void {
  const [x, y, width, height] = copy.part
    ? [copy.part[0] / keeper.width, copy.part[1] / keeper.height, copy.part[2] / keeper.width, copy.part[3] / keeper.height]
    : [0, 0, 1, 1];
  const wide = width * size.width;
  const high = height * size.height;
  const { a, b, c, d } = turnBack(copy.turned);
  const [across, down] = swapsSides(copy.turned) ? [high, wide] : [wide, high];
  canvas.setTransform(a, b, c, d, x * size.width + wide / 2, y * size.height + high / 2);
  canvas.drawImage(image, -across / 2, -down / 2, across, down);
  canvas.resetTransform();
}
