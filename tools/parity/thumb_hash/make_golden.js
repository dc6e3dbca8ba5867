// Writes src/photo/testdata/thumb_hash.json: ThumbHashes by the npm package thumbhash, the reference of its author.
//
// The pixels come from integer formulas that are the same here and in thumb_hash_test.cc, so that no image file and no
// decoder is involved. Run in this folder:
//
//     npm install && node make_golden.js

import fs from "node:fs";
import {rgbaToThumbHash} from "thumbhash";

const TARGET = new URL("../../../src/photo/testdata/thumb_hash.json", import.meta.url);

// The largest size, both orientations, extreme proportions, and a small one. Where a coefficient is zero in theory, its
// digit depends on rounding errors, so there are no flat pictures, no plain ramps and no lines here.
const SIZES = [[100, 100], [100, 75], [75, 100], [100, 56], [100, 9], [9, 100], [32, 31], [31, 23]];

const KINDS = {
  hills: (x, y, c) => ((x + 3 * c) * (x + 7) + (y + 5) * (y + 11 * c)) % 251,
  edges: (x, y, c) => (Math.floor((x + 5) / 17) * 91 + Math.floor((y + c) / 11) * 57 + x * (y + 3) * (c + 2)) % 256,
  noise: (x, y, c) => Math.imul(Math.imul(x, 73856093) ^ Math.imul(y, 19349663) ^ Math.imul(c, 83492791), 2654435761) >>> 24,
};

const entries = [];
for (const [kind, formula] of Object.entries(KINDS)) {
  for (const [width, height] of SIZES) {
    const rgba = new Uint8Array(width * height * 4).fill(255);
    for (let y = 0; y < height; ++y) {
      for (let x = 0; x < width; ++x) {
        for (let c = 0; c < 3; ++c) {
          rgba[(y * width + x) * 4 + c] = formula(x, y, c);
        }
      }
    }
    const hash = Buffer.from(rgbaToThumbHash(width, height, rgba)).toString("hex");
    entries.push(JSON.stringify({kind, width, height, hash}));
  }
}
fs.writeFileSync(TARGET, "[\n" + entries.join(",\n") + "\n]\n");
