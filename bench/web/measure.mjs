// Measures the web page with a large library: node bench/web/measure.mjs HOME (see README.md)
// HOME is CALOTYPE_HOME with a catalogue of make_library.py. Prints one line for each figure.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { environment, root } from "../../web/e2e/environment.mjs";
import { servePageOf } from "../../web/e2e/page_folder.mjs";

const { chromium } = createRequire(`${root}/web/package.json`)("playwright-core");
const samples = ["rocket.jpg", "flower.jpg", "robin.jpg", "old_town.jpg", "aloe.jpg"];
const home = process.argv[2];
const server = spawn(process.env.CALOTYPE_BINARY ?? `${root}/build/release/calotype`, ["serve", "--listen", "127.0.0.1:0"], {
  env: { ...environment(home), CALOTYPE_HOME: `${home}/home` }, stdio: ["ignore", "pipe", "inherit"],
});
const url = await new Promise((resolve) => server.stdout.on("data", (text) => /http:\S+:\d+/.test(text) && resolve(/http:\S+:\d+/.exec(text)[0])));
const browser = await chromium.launch({ executablePath: process.env.CALOTYPE_BROWSER ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
const context = await browser.newContext({ viewport: { width: 1360, height: 860 } });
if (process.env.CALOTYPE_E2E_PAGE) await servePageOf(context, process.env.CALOTYPE_E2E_PAGE);

// Thumbnails of the samples stand for all others.
const { photos } = await (await fetch(`${url}/api/v1/photos?order=oldest&limit=1000`)).json();
const known = photos.filter((photo) => samples.some((name) => photo.path.endsWith(`/${name}`))).map((photo) => photo.photo);
const pictures = await Promise.all(known.map(async (id) => Buffer.from(await (await fetch(`${url}/api/v1/photos/${id}/thumbnail?size=small`)).arrayBuffer())));
if (pictures.length === 0) pictures.push(readFileSync(`${root}/samples/flower.jpg`));
await context.route("**/thumbnail?*", (route) => {
  const id = Number(/photos\/(\d+)/.exec(route.request().url())[1]);
  return route.fulfill({ body: pictures[id % pictures.length], contentType: "image/webp" }).catch(() => undefined);
});

// In the page: what each frame shows, and whether the server still owes an answer about photos.
await context.addInitScript(() => {
  const seen = (globalThis.seen = { first: 0, firstPictures: 0, open: 0, blank: 0, longestBlank: 0, longestFrame: 0, frames: 0, requests: 0 });
  const fetchOf = globalThis.fetch;
  globalThis.fetch = async (address, options) => {
    const counts = String(address).includes("photos?");
    if (counts) (seen.open += 1), (seen.requests += 1);
    try {
      const response = await fetchOf(address, options);
      // Until the body has arrived, too.
      if (counts) await response.clone().arrayBuffer().catch(() => undefined);
      return response;
    } finally {
      if (counts) seen.open -= 1;
    }
  };
  let last = performance.now();
  const frame = (now) => {
    seen.frames += 1;
    seen.longestFrame = Math.max(seen.longestFrame, now - last);
    const tiles = [...document.querySelectorAll(".tile")].filter((tile) => {
      const box = tile.getBoundingClientRect();
      return box.bottom > 70 && box.top < innerHeight;
    });
    const isBlank = tiles.length === 0 || tiles.some((tile) => !tile.querySelector("canvas"));
    if (!isBlank && !seen.first) seen.first = now;
    if (!seen.firstPictures && !isBlank && tiles.every((tile) => tile.querySelector("img[data-state=loaded]"))) seen.firstPictures = now;
    // Blank although everything that was asked for has arrived.
    seen.blank = isBlank && seen.open === 0 ? seen.blank + now - last : 0;
    seen.longestBlank = Math.max(seen.longestBlank, seen.blank);
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
});

const page = await context.newPage();
const devtools = await context.newCDPSession(page);
const print = (what, value, target) => console.log(`${what.padEnd(58)}${value.padStart(12)}   ${target}`);
const milliseconds = (value) => `${Math.round(value)} ms`;
async function memory() {
  await devtools.send("HeapProfiler.collectGarbage");
  const { metrics } = await devtools.send("Performance.getMetrics");
  const of = (name) => metrics.find((metric) => metric.name === name).value;
  return { heap: of("JSHeapUsedSize"), nodes: of("Nodes") };
}
async function renderer() {
  const { processInfo } = await (await browser.newBrowserCDPSession()).send("SystemInfo.getProcessInfo");
  const sizes = processInfo.filter(({ type }) => type === "renderer").map(({ id }) => Number(/Pss:\s+(\d+)/.exec(readFileSync(`/proc/${id}/smaps_rollup`, "utf8"))[1]));
  return Math.max(...sizes) * 1024;
}
await devtools.send("Performance.enable");

const total = (await (await fetch(`${url}/api/v1/timeline?by=day`)).json()).buckets.reduce((all, one) => all + one.photos, 0);
print("photos", String(total), "");
await page.goto(url);
await page.waitForFunction(() => seen.firstPictures > 0);
await page.waitForSelector(".scrubber", { timeout: 60_000 });
const first = await page.evaluate(() => ({ ...seen }));
print("from navigation to the first photos, blurred", milliseconds(first.first), "under 1 s");
print("from navigation to their thumbnails", milliseconds(first.firstPictures), "");

// From end to end in ten seconds, as a hand would.
await page.evaluate(() => Object.assign(seen, { longestBlank: 0, longestFrame: 0, frames: 0, requests: 0 }));
const line = await page.locator(".scrubber").boundingBox();
const x = line.x + line.width / 2;
await page.mouse.move(x, line.y + 30);
await page.mouse.down();
const started = Date.now();
const dragFor = 10_000;
for (let part = 0; part < 1; part = Math.min(1, (Date.now() - started) / dragFor)) {
  await page.mouse.move(x, line.y + 30 + part * (line.height - 60));
  await new Promise((resolve) => setTimeout(resolve, 16));
}
await page.mouse.up();
const ended = await page.evaluate(() => performance.now());
await page.waitForFunction(() => seen.open === 0 && [...document.querySelectorAll(".tile")].every((tile) => tile.querySelector("canvas")));
const settled = await page.evaluate(() => performance.now());
const drag = await page.evaluate(() => ({ ...seen }));
print("dragging the scrubber from end to end: longest blank", milliseconds(drag.longestBlank), "under 300 ms after responses");
print("  frames a second", String(Math.round((1000 * drag.frames) / dragFor)), "");
print("  longest frame", milliseconds(drag.longestFrame), "");
print("  requests for lists", String(drag.requests), "");
print("  after the end, until all is there", milliseconds(settled - ended), "");

// Down by the wheel.
await page.mouse.move(600, 500);
await page.evaluate(() => Object.assign(seen, { longestBlank: 0, longestFrame: 0, frames: 0 }));
const wheelStarted = Date.now();
for (let i = 0; i < 50; ++i) await page.mouse.wheel(0, -400);
const wheel = await page.evaluate(() => ({ ...seen }));
print("20,000 pixels by wheel: longest blank", milliseconds(wheel.longestBlank), "under 300 ms after responses");
print("  frames a second", String(Math.round((1000 * wheel.frames) / (Date.now() - wheelStarted))), "");

const { heap, nodes } = await memory();
print("JavaScript heap", `${Math.round(heap / 1e6)} MB`, "");
print("memory of the page's process (PSS)", `${Math.round((await renderer()) / 1e6)} MB`, "under 300 MB");
print("DOM nodes", String(nodes), "");

// A search, once the models are loaded.
const search = async (query) => {
  await page.fill("#query", query);
  const before = await page.evaluate(() => performance.now());
  await page.press("#query", "Enter");
  await page.waitForFunction(() => document.querySelectorAll("a.hit").length > 0);
  const after = await page.evaluate(() => performance.now());
  await page.goto(`${url}/#/library`);
  return after - before;
};
await search("flower");
const times = [];
for (const query of ["a cat", "a rocket", "coffee", "a man", "a plant"]) times.push(await search(query));
print("a search, from Enter to its hits: median of five", milliseconds(times.sort((a, b) => a - b)[2]), "under 300 ms");
print("  the slowest", milliseconds(times.at(-1)), "");

await browser.close();
server.kill("SIGTERM");
