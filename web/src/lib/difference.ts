// What differs between two pictures of the same size, as a picture: the first one in dark grey, and on it in colour where the
// second one differs. Both are RGBA, as canvases have them; where the second is transparent, nothing is compared.

const noise = 24; // of 255: what resizing and JPEG change anyway
const full = 80; // and from where the colour is full
const colour = [255, 96, 48] as const;

export interface Difference {
  pixels: Uint8ClampedArray<ArrayBuffer>;
  share: number; // of the compared pixels, from 0 to 1
}

export function difference(first: Uint8ClampedArray, second: Uint8ClampedArray): Difference {
  const pixels = new Uint8ClampedArray(first.length);
  let compared = 0;
  let differing = 0;
  for (let i = 0; i < first.length; i += 4) {
    const [red, green, blue] = [first[i]!, first[i + 1]!, first[i + 2]!];
    const grey = (0.3 * red + 0.59 * green + 0.11 * blue) * 0.4;
    let strength = 0;
    if (second[i + 3]! > 0) {
      const most = Math.max(Math.abs(red - second[i]!), Math.abs(green - second[i + 1]!), Math.abs(blue - second[i + 2]!));
      strength = Math.min(1, Math.max(0, (most - noise) / (full - noise)));
      compared += 1;
      if (strength > 0) differing += 1;
    }
    for (let channel = 0; channel < 3; ++channel) pixels[i + channel] = grey + (colour[channel]! - grey) * strength;
    pixels[i + 3] = 255;
  }
  return { pixels, share: compared ? differing / compared : 0 };
}
