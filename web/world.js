// The outline of the land for the map of a photo, from Natural Earth (public domain, through the package world-atlas): a
// file of some 10 KB (gzip), made when the page is built. One unit is a degree: longitude from -180, latitude from 90 downwards.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { feature } from "topojson-client";

export function worldSvg() {
  const file = createRequire(import.meta.url).resolve("world-atlas/land-110m.json");
  const topology = JSON.parse(readFileSync(file, "utf8"));
  const { features } = feature(topology, topology.objects.land);
  const polygons = features.flatMap(({ geometry }) => (geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates));
  const path = polygons.flat().flatMap(flat).map(ring).join("");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-180 -90 360 180"><path d="${path}"/></svg>`;
}

// A ring that goes on at the other end of the map, where its longitude jumps by 360: drawn as it is, such a jump is a line across
// the whole map. It is drawn without jumps, beyond the end of the map, and once more with that part at the other end. A
// ring around a pole has the pole in it.
function flat(points) {
  let turn = 0;
  let before = points[0][0];
  const going = points.map(([longitude, latitude]) => {
    if (Math.abs(longitude - before) > 180 && Math.abs(latitude) < 90) turn -= 360 * Math.sign(longitude - before);
    before = longitude;
    return [longitude + turn, latitude];
  });
  if (turn !== 0) {
    const pole = 90 * Math.sign(points[0][1]);
    going.push([going.at(-1)[0], pole], [going[0][0], pole]);
  }
  const shifted = (by) => going.map(([longitude, latitude]) => [longitude + by, latitude]);
  return [going, ...(going.some(([longitude]) => longitude > 180) ? [shifted(-360)] : []), ...(going.some(([longitude]) => longitude < -180) ? [shifted(360)] : [])];
}

// A tenth of a degree is enough: the outline itself is coarser. Steps are shorter than places.
function ring(points) {
  const round = (value) => Math.round(value * 10);
  let [x, y] = [round(points[0][0]), round(-points[0][1])];
  let text = `M${x / 10} ${y / 10}l`;
  for (const [longitude, latitude] of points.slice(1)) {
    const [toX, toY] = [round(longitude), round(-latitude)];
    if (toX === x && toY === y) continue;
    text += `${(toX - x) / 10} ${(toY - y) / 10} `;
    [x, y] = [toX, toY];
  }
  return `${text.trimEnd()}z`;
}

// A plug-in of Vite: `import world from "virtual:world.svg"` is the address of the file.
export function world() {
  const name = "virtual:world.svg";
  let isBuild = false;
  return {
    name: "world",
    configResolved: (config) => void (isBuild = config.command === "build"),
    resolveId: (id) => (id === name ? `\0${name}` : undefined),
    load(id) {
      if (id !== `\0${name}`) return undefined;
      if (!isBuild) return `export default ${JSON.stringify(`data:image/svg+xml,${encodeURIComponent(worldSvg())}`)}`;
      const file = this.emitFile({ type: "asset", name: "world.svg", source: worldSvg() });
      return `export default import.meta.ROLLUP_FILE_URL_${file}`;
    },
  };
}
