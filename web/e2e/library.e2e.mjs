import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { onEveryScreen, open, pictures, serve, shot, test, violations } from "./harness.mjs";

const server = await serve();

test("the library looks right on every screen, and is accessible", async () => {
  await onEveryScreen(async ({ screen, dark, name }) => {
    const page = await open(server.url, { screen, dark });
    await pictures(page);
    await shot(page, `library-${name}`);
    assert.deepEqual(await violations(page), []);
    assert.deepEqual(page.errors, []);
    await page.context().close();
  });
});

test("every photo is shown once, in its own proportions", async () => {
  const page = await open(server.url);
  await pictures(page);
  const { photos } = await server.ask("photos?limit=100");
  await page.waitForFunction((count) => document.querySelectorAll(".tile a").length === count, photos.length);
  const tiles = await page.$$eval(".tile", (all) => all.map((tile) => ({ href: tile.querySelector("a").getAttribute("href"), aspect: tile.clientWidth / tile.clientHeight })));
  const seen = new Map(tiles.map(({ href, aspect }) => [Number(/photo\/(\d+)/.exec(href)[1]), aspect]));
  assert.equal(seen.size, tiles.length);
  for (const { photo, width, height, path } of photos) {
    if (seen.has(photo) && width / height > 0.5 && width / height < 3) assert.ok(Math.abs(seen.get(photo) / (width / height) - 1) < 0.03, path);
  }
});

test("photos are opened, left and selected by keyboard alone", async () => {
  const page = await open(server.url);
  await pictures(page);
  await page.waitForFunction(() => [...document.querySelectorAll(".tile")].every((tile) => tile.querySelector("a")));
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowDown");
  const focused = await page.evaluate(() => document.activeElement.getAttribute("href"));
  assert.match(focused, /^#\/photo\/\d+\?from=library$/);
  await page.keyboard.press("Enter");
  await page.waitForSelector(".stage");
  const opened = page.url();
  await page.waitForSelector(".turn.after");
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction((before) => location.href !== before, opened);
  await page.keyboard.press("Escape");
  await page.waitForSelector(".library");
  // Where one was, at the photo that was shown last.
  await page.waitForSelector(".tile a[tabindex='0']");
  await page.keyboard.press("x");
  await page.keyboard.press("Shift+ArrowRight");
  await page.waitForFunction(() => /2 selected/.test(document.querySelector(".bar")?.textContent));
  assert.deepEqual(await violations(page), []);
  await shot(page, "library-selection");
  const marked = async (mark) => (await server.ask(`marks/photos?mark=${mark}`)).photos.length;
  for (const [button, mark] of [["Mark to delete", "delete"], ["Favourite", "favourite"]]) {
    await page.click(`.bar >> text=${button}`);
    await page.waitForSelector("text=2 photos marked");
    assert.equal(await marked(mark), 2);
    await page.click("button:text-is('Undo')");
    await page.waitForSelector("text=2 photos marked", { state: "detached" });
    // The notice goes with the click, before the server has answered.
    for (let tries = 0; tries < 100 && (await marked(mark)) > 0; ++tries) await page.waitForTimeout(50);
    assert.equal(await marked(mark), 0);
  }
  await page.keyboard.press("Escape");
  await page.waitForSelector(".bar", { state: "detached" });
  await page.keyboard.press("?");
  await page.waitForSelector("dialog[open]");
  assert.match(await page.textContent("dialog"), /Go to the next photo/);
  assert.deepEqual(await violations(page), []);
  assert.deepEqual(page.errors, []);
});

test("what was scrolled past is gone: only what is on the screen takes memory", async () => {
  const page = await open("about:blank");
  const [sample] = (await server.ask("photos?limit=1")).photos;
  const days = Array.from({ length: 60 }, (_, i) => ({ bucket: new Date(Date.UTC(2024, 0, 1) - i * 86_400_000).toISOString().slice(0, 10), photos: 400 }));
  const photosOf = (bucket) => Array.from({ length: 400 }, (_, i) => ({ ...sample, photo: 1 + 400 * days.findIndex((day) => day.bucket === bucket) + i, taken_at: `${bucket}T12:00:00` }));
  await page.route("**/api/v1/timeline?*", (route) => route.fulfill({ json: { buckets: days } }));
  await page.route("**/api/v1/photos?*", (route) => route.fulfill({ json: { photos: photosOf(new URL(route.request().url()).searchParams.get("bucket") ?? days[0].bucket), next: null } }));
  // Half of them never arrive: what is scrolled past while it loads must go, too.
  await page.route("**/thumbnail*", (route) => (/[02468]\/thumbnail/.test(route.request().url()) ? route.fulfill({ contentType: "image/svg+xml", body: "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>" }) : undefined));
  await page.goto(server.url);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Performance.enable");
  const loading = () => page.waitForFunction(() => [...document.querySelectorAll(".tile")].every((tile) => tile.querySelector("img")?.src));
  const nodes = async () => {
    await loading();
    await devtools.send("HeapProfiler.collectGarbage");
    const { metrics } = await devtools.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "Nodes").value;
  };
  const before = await nodes();
  for (let i = 0; i < 25; ++i) {
    await page.keyboard.press("PageDown");
    await loading();
  }
  await page.keyboard.press("End");
  await loading();
  assert.ok((await page.$$(".tile")).length < 200, "only what is on the screen");
  await page.keyboard.press("Home");
  // The browser frees what is gone in steps.
  let after = await nodes();
  for (let i = 0; i < 20 && after >= 2 * before; ++i) {
    await page.waitForTimeout(100);
    after = await nodes();
  }
  // What is dragged past is asked for, too, although the screen changes with every frame.
  const line = await page.locator(".scrubber").boundingBox();
  let asked = 0;
  page.on("request", (request) => (asked += /photos\?/.test(request.url()) ? 1 : 0));
  await page.mouse.move(line.x + line.width / 2, line.y + 30);
  await page.mouse.down();
  for (let i = 0; i < 60; ++i) {
    await page.mouse.move(line.x + line.width / 2, line.y + 100 + i * 8);
    await page.evaluate(() => new Promise(requestAnimationFrame));
  }
  assert.ok(asked > 1, `${asked} requests while the line was dragged`);
  await page.mouse.up();
  assert.ok(after < 2 * before, `${before} nodes at first, ${after} after all was seen`);
  assert.deepEqual(page.errors, []);
});

test("the newest photos are shown before all are counted, and stay", async () => {
  const page = await open("about:blank");
  const [sample] = (await server.ask("photos?limit=1")).photos;
  const newest = Array.from({ length: 200 }, (_, i) => ({ ...sample, photo: i + 1, taken_at: "2024-05-17T12:00:00" }));
  let count;
  const counted = new Promise((resolve) => (count = resolve));
  await page.route("**/api/v1/timeline?*", async (route) => {
    await counted;
    return route.fulfill({ json: { buckets: [{ bucket: "2024-05-17", photos: 400 }, { bucket: "2024-05-16", photos: 400 }] } });
  });
  // Thumbnails and the photos of one day never arrive.
  await page.route("**/thumbnail*", () => undefined);
  await page.route("**/api/v1/photos?*", (route) => (route.request().url().includes("bucket") ? undefined : route.fulfill({ json: { photos: newest, next: "x" } })));
  await page.goto(server.url);
  await page.waitForSelector("h2:has-text('May 2024')");
  await page.waitForSelector(".tile canvas");
  count();
  await page.waitForSelector("h2:has-text('17 May 2024')");
  assert.ok(await page.$(".tile canvas"), "what was there stays until it was read again");
  assert.deepEqual(page.errors, []);
});

test("a selection is exported as a table, or to sidecars", async () => {
  const page = await open(server.url);
  await pictures(page);
  await page.waitForFunction(() => [...document.querySelectorAll(".tile")].every((tile) => tile.querySelector("a")));
  await page.keyboard.press("x");
  await page.keyboard.press("Shift+ArrowRight");
  await page.click(".bar >> text=Export");
  await page.waitForSelector("dialog[open]");
  await shot(page, "library-export");
  assert.deepEqual(await violations(page), []);
  const [download] = await Promise.all([page.waitForEvent("download"), page.click("dialog >> text=CSV")]);
  assert.equal(download.suggestedFilename(), "photos.csv");
  const rows = readFileSync(await download.path(), "utf8").trim().split("\r\n");
  assert.match(rows[0], /^path,/);
  assert.equal(rows.length, 3);
  // The photos are shared by all tests, so no sidecar is written.
  let submitted;
  await page.route("**/api/v1/jobs", (route) => {
    if (route.request().method() !== "POST") return route.continue();
    submitted = route.request().postDataJSON();
    return route.fulfill({ status: 202, json: { job: 1, kind: "export", state: "queued", error: null, counts: {}, file: null, progress: null, step: null, submitted: 1, started: null, ended: null } });
  });
  await page.click(".bar >> text=Export");
  await page.click("dialog >> text=sidecars");
  await page.waitForSelector("text=The sidecars are being written");
  assert.deepEqual([submitted.kind, submitted.chosen.length], ["export", 2]);
  assert.deepEqual(page.errors, []);
});

test("below a path of a proxy everything is found", async () => {
  const below = await serve({ options: ["--set", "server.base_path=/my/photos"] });
  const page = await open(`${below.url}/my/photos/`);
  await pictures(page);
  const address = await page.getAttribute(".tile img", "src");
  assert.ok(!address.startsWith("/"), address);
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".stage");
  await pictures(page);
  await page.keyboard.press("Escape");
  await page.fill("#query", "flower");
  await page.press("#query", "Enter");
  await page.waitForSelector("a.hit");
  await page.reload();
  await page.waitForSelector("a.hit");
  assert.ok(page.url().startsWith(`${below.url}/my/photos/#/search`), page.url());
  await page.waitForTimeout(1_500); // the other views are loaded
  for (const view of ["people", "duplicates", "activity", "folders"]) {
    await page.goto(`${below.url}/my/photos/#/${view}`);
    await page.waitForSelector("main h1");
  }
  assert.deepEqual(page.errors, []);
});

test("an empty library says what to do", async () => {
  const empty = await serve({ empty: true });
  const page = await open(empty.url);
  await page.waitForFunction(() => /Welcome/.test(document.querySelector("main").textContent));
  await shot(page, "welcome");
  assert.deepEqual(await violations(page), []);
  for (const view of ["search", "people", "duplicates", "activity", "folders"]) {
    await page.goto(`${empty.url}/#/${view}`);
    await page.waitForSelector("main h1");
  }
  assert.deepEqual(page.errors, []);
});

test("the language and the colours are kept", async () => {
  const page = await open(server.url, { locale: "de-DE" });
  await pictures(page);
  assert.match(await page.textContent("nav"), /Mediathek/);
  await page.click(".settings");
  await page.selectOption("#setting-language", "en");
  await page.selectOption("#setting-theme", "dark");
  await page.reload();
  await pictures(page);
  assert.match(await page.textContent("nav"), /Library/);
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(20, 19, 18)");
});
