// Pictures of a ThumbHash: a blurred photo in about 24 bytes, a sum of cosine waves.
// The format is described at https://evanw.github.io/thumbhash/.

export interface Pixels {
  width: number;
  height: number;
  rgba: Uint8ClampedArray<ArrayBuffer>;
}

const side = 20; // pixels of the longer side: it is blurred anyhow

// The factors of one channel, for waves with fewer than nx and ny half periods.
interface Waves {
  nx: number;
  ny: number;
  factors: number[];
}

export function decodeThumbHash(base64: string): Pixels | undefined {
  const hash = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  if (hash.length < 5) return undefined;
  const byte = (index: number): number => hash[index] ?? 0;
  const head = byte(0) | (byte(1) << 8) | (byte(2) << 16);
  const tail = byte(3) | (byte(4) << 8);
  const hasAlpha = head >> 23 !== 0;
  const isLandscape = tail >> 15 !== 0;
  const long = hasAlpha ? 5 : 7;
  const short = tail & 7;
  const nx = Math.max(3, isLandscape ? long : short);
  const ny = Math.max(3, isLandscape ? short : long);
  // Half bytes follow the head.
  let at = hasAlpha ? 12 : 10;
  const waves = (nx: number, ny: number, scale: number): Waves => {
    const factors = [];
    for (let y = 0; y < ny; ++y) {
      for (let x = y === 0 ? 1 : 0; x * ny < nx * (ny - y); ++x, ++at) {
        factors.push((((byte(at >> 1) >> ((at & 1) * 4)) & 15) / 7.5 - 1) * scale);
      }
    }
    return { nx, ny, factors };
  };
  const light = waves(nx, ny, ((head >> 18) & 31) / 31);
  const saturate = 1.25;
  const yellow = waves(3, 3, (((tail >> 3) & 63) / 63) * saturate);
  const red = waves(3, 3, (((tail >> 9) & 63) / 63) * saturate);

  const width = Math.max(1, Math.round(nx > ny ? side : (side * nx) / ny));
  const height = Math.max(1, Math.round(nx > ny ? (side * ny) / nx : side));
  const alongX = cosines(width, Math.max(nx, 3));
  const alongY = cosines(height, Math.max(ny, 3));
  const rgba = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; ++y) {
    for (let x = 0; x < width; ++x) {
      const value = (start: number, { nx, ny, factors }: Waves): number => {
        let sum = start;
        let i = 0;
        for (let cy = 0; cy < ny; ++cy) {
          const down = 2 * alongY[cy * height + y]!;
          for (let cx = cy === 0 ? 1 : 0; cx * ny < nx * (ny - cy); ++cx, ++i) {
            sum += factors[i]! * alongX[cx * width + x]! * down;
          }
        }
        return sum;
      };
      const l = value((head & 63) / 63, light);
      const p = value(((head >> 6) & 63) / 31.5 - 1, yellow);
      const q = value(((head >> 12) & 63) / 31.5 - 1, red);
      const b = l - (2 / 3) * p;
      const r = (3 * l - b + q) / 2;
      const to = (y * width + x) * 4;
      rgba[to] = 255 * r;
      rgba[to + 1] = 255 * (r - q);
      rgba[to + 2] = 255 * b;
      rgba[to + 3] = 255;
    }
  }
  return { width, height, rgba };
}

// cos(pi n (x + 1/2) / size), for each n < count and x < size.
function cosines(size: number, count: number): Float32Array {
  const values = new Float32Array(size * count);
  for (let n = 0; n < count; ++n) {
    for (let x = 0; x < size; ++x) values[n * size + x] = Math.cos((Math.PI * n * (x + 0.5)) / size);
  }
  return values;
}

// {@attach thumbHash(hash)} of a <canvas>, which shows it.
export const thumbHash = (hash: string | null | undefined) => (canvas: HTMLCanvasElement) => {
  const pixels = hash ? decodeThumbHash(hash) : undefined;
  if (!pixels) return;
  canvas.width = pixels.width;
  canvas.height = pixels.height;
  canvas.getContext("2d")?.putImageData(new ImageData(pixels.rgba, pixels.width, pixels.height), 0, 0);
};
