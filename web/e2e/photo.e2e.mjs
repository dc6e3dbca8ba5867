import assert from "node:assert/strict";
import { copyFileSync, mkdirSync } from "node:fs";
import { onEveryScreen, open, pictures, root, serve, shot, test, violations } from "./harness.mjs";

const server = await serve();
const rocket = await server.photo("rocket.jpg");
const sign = await server.photo("sign_no_parking.jpg");

test("a photo looks right on every screen, and is accessible", async () => {
  await onEveryScreen(async ({ screen, dark, name }) => {
    const page = await open(`${server.url}/#/photo/${rocket}?from=library`, { screen, dark });
    await pictures(page);
    await shot(page, `photo-${name}`);
    assert.deepEqual(await violations(page), []);
    await page.goto(`${server.url}/#/photo/${sign}?from=library&layers=objects-faces-text&info=1`);
    await page.waitForSelector(".layers .line");
    await pictures(page);
    await shot(page, `photo-layers-${name}`);
    assert.deepEqual(await violations(page), []);
    assert.deepEqual(page.errors, []);
    await page.context().close();
  });
});

test("it says what each analysis did, and where the photo was taken", async () => {
  const page = await open(`${server.url}/#/photo/${rocket}`);
  await page.waitForSelector(".map");
  const { analyses, city } = await server.ask(`photos/${rocket}`);
  const text = await page.textContent("aside");
  assert.ok(text.includes(city ?? "28.56"), text);
  for (const { device } of analyses) assert.ok(!device || text.includes(device), device);
  await page.$eval("aside", (aside) => (aside.scrollTop = aside.scrollHeight));
  await shot(page, "photo-analyses");
});

test("its copies in other files are found when somebody asks", async () => {
  const page = await open(`${server.url}/#/photo/${await server.photo("coffee.png")}`);
  await page.click("text=Look for copies");
  const copies = page.locator("aside section", { has: page.locator("h3:text-is('Copies')") });
  await copies.locator("a[aria-label^='coffee_copy.jpg']").waitFor();
  await copies.scrollIntoViewIfNeeded();
  await shot(page, "photo-copies");
  assert.match(await copies.textContent(), /resized|recompressed/);
  assert.deepEqual(await violations(page), []);
  await page.goto(`${server.url}/#/photo/${rocket}`);
  await page.click("text=Look for copies");
  await page.waitForSelector("text=There is no other copy");
  assert.deepEqual(page.errors, []);
});

test("a RAW and its JPEG are one photo, and each leads to the other", async () => {
  const own = await serve({ empty: true, options: ["--set", `server.folders=["/"]`] });
  const folder = `${own.home}/pair`;
  mkdirSync(folder);
  for (const [source, name] of [["preview.dng", "shot.dng"], ["photo.jpg", "shot.jpg"]]) copyFileSync(`${root}/src/photo/testdata/${source}`, `${folder}/${name}`);
  const body = JSON.stringify({ kind: "scan", folders: [folder], only: ["pdq"] });
  const { job } = await own.ask("jobs", { method: "POST", headers: { "Content-Type": "application/json" }, body });
  for (let tries = 0; tries < 300 && !["done", "failed"].includes((await own.ask(`jobs/${job}`)).state); ++tries) await new Promise((done) => setTimeout(done, 100));
  const page = await open(`${own.url}/#/`);
  await pictures(page);
  assert.equal(await page.locator("img[data-state]").count(), 1);
  await page.goto(`${own.url}/#/photo/${await own.photo("shot.jpg")}`);
  await page.click(`aside a:has-text("${folder}/shot.dng")`);
  await page.waitForSelector(`aside .strong:has-text("shot.dng")`);
  await pictures(page);
  await shot(page, "photo-raw");
  assert.deepEqual(await violations(page), []);
  await page.click(`aside a:has-text("${folder}/shot.jpg")`);
  await page.waitForSelector(`aside .strong:has-text("shot.jpg")`);
  assert.deepEqual(page.errors, []);
});

test("an analysis that failed says why in the language of the page, and when it is tried again", async () => {
  const page = await open("about:blank", { locale: "de-DE" });
  await page.route(`**/api/v1/photos/${rocket}`, async (route) => {
    const photo = await (await route.fetch()).json();
    const text = photo.analyses.find((one) => one.analysis === "text");
    Object.assign(text, { state: "failed", reason: "decoder stopped: out of memory (limits.decoder_memory_mb)", next_try: 1_800_000_000 });
    return route.fulfill({ json: photo });
  });
  await page.goto(`${server.url}/#/photo/${rocket}`);
  await page.waitForSelector("text=Der Decoder wurde angehalten: zu wenig Speicher");
  await page.waitForSelector("text=Nächster Versuch");
  assert.deepEqual(page.errors, []);
});

test("it zooms at the pointer by wheel and by keys, and moves no further than its edges", async () => {
  const page = await open(`${server.url}/#/photo/${sign}`);
  await pictures(page);
  const place = () => page.$eval(".photo", (photo) => { const { x, y, width, height } = photo.getBoundingClientRect(); return { x, y, width, height }; });
  const before = await place();
  const point = { x: before.x + before.width / 4, y: before.y + before.height / 4 };
  await page.mouse.move(point.x, point.y);
  await page.mouse.wheel(0, -500);
  await page.waitForFunction((width) => document.querySelector(".photo").clientWidth > width * 2, before.width);
  const after = await place();
  assert.ok(Math.abs((point.x - after.x) / after.width - 0.25) < 0.02, JSON.stringify(after));
  for (let i = 0; i < 40; ++i) await page.keyboard.press("ArrowRight");
  const moved = await place();
  const screen = await page.$eval(".stage", (stage) => stage.getBoundingClientRect().right);
  assert.ok(Math.abs(moved.x + moved.width - screen) < 2, JSON.stringify([moved, screen]));
  await page.keyboard.press("0");
  await page.waitForFunction((width) => Math.abs(document.querySelector(".photo").clientWidth - width) < 2, before.width);
  await page.waitForFunction(() => document.querySelector("img.original")?.dataset.state === "loaded");
});

test("text can be selected where it stands", async () => {
  const page = await open(`${server.url}/#/photo/${sign}?layers=text`);
  await page.waitForSelector(".line");
  await pictures(page);
  const line = page.locator(".line", { hasText: "PARKING" });
  const box = await line.boundingBox();
  await page.mouse.move(box.x + 1, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width - 1, box.y + box.height / 2, { steps: 5 });
  await page.mouse.up();
  assert.equal(await page.evaluate(() => getSelection().toString()), "PARKING");
  // The letters are over those of the photo.
  const { text } = await server.ask(`photos/${sign}`);
  const { quad } = text.find((one) => one.text === "PARKING");
  const photo = await page.locator(".photo").boundingBox();
  assert.ok(Math.abs(box.x - (photo.x + (quad[0][0] / 800) * photo.width)) < 4);
  assert.ok(Math.abs(box.width - ((quad[1][0] - quad[0][0]) / 800) * photo.width) < 8, `${box.width}`);
});

test("a finger turns to the next photo, and two zoom", async () => {
  const page = await open(`${server.url}/#/photo/${sign}?from=library`, { screen: "phone" });
  await pictures(page);
  await page.waitForSelector(".turn.after", { state: "attached" });
  const touch = await page.context().newCDPSession(page);
  const send = (type, ...points) => touch.send("Input.dispatchTouchEvent", { type, touchPoints: points.map(([x, y], id) => ({ x, y, id })) });
  await send("touchStart", [160, 400], [230, 400]);
  await send("touchMove", [60, 400], [330, 400]);
  await send("touchEnd");
  await page.waitForFunction(() => document.querySelector(".photo").clientWidth > 600);
  await page.keyboard.press("0");
  await page.waitForFunction(() => document.querySelector(".photo").clientWidth < 400);
  const before = page.url();
  await send("touchStart", [300, 400]);
  for (const x of [240, 180, 120, 60]) await send("touchMove", [x, 402]);
  await send("touchEnd");
  await page.waitForFunction((url) => location.href !== url, before);
  assert.deepEqual(page.errors, []);
});
