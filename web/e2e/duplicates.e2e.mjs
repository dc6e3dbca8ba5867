// Duplicates: groups, comparing, marks, the trash and undo, by keyboard alone.
import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";

import { onEveryScreen, open, pictures, root, serve, shot, test, violations } from "./harness.mjs";
import { hostile, notIsolated } from "./hostile.mjs";

const server = await serve({ empty: true, options: ["--set", "server.trash_folders=[\"/\"]", "--set", "server.folders=[\"/\"]"] });
const photos = `${server.home}/photos`;
mkdirSync(photos);

// Draws a sample turned, in grey, smaller or cut, as a JPEG.
async function make(sample, name, how) {
  const page = await open("about:blank");
  const type = sample.endsWith("png") ? "png" : "jpeg";
  const data = `data:image/${type};base64,${readFileSync(`${root}/samples/${sample}`).toString("base64")}`;
  const jpeg = await page.evaluate(async ([data, how]) => {
    const image = new Image();
    image.src = data;
    await image.decode();
    const { width, height } = image;
    const canvas = document.createElement("canvas");
    const context = canvas.getContext("2d");
    const sizes = { right: [height, width], half: [width / 2, height / 2], crop: [width * 0.6, height * 0.6] };
    [canvas.width, canvas.height] = (sizes[how] ?? [width, height]).map(Math.floor);
    if (how === "right") context.setTransform(0, 1, -1, 0, height, 0);
    if (how === "mirror") context.setTransform(-1, 0, 0, 1, width, 0);
    if (how === "grey") context.filter = "grayscale(1)";
    if (how === "crop") context.translate(-width * 0.2, -height * 0.25);
    context.drawImage(image, 0, 0, how === "half" ? canvas.width : width, how === "half" ? canvas.height : height);
    return canvas.toDataURL("image/jpeg", 0.9);
  }, [data, how]);
  writeFileSync(`${photos}/${name}`, Buffer.from(jpeg.split(",")[1], "base64"));
  await page.context().close();
}

let scanned;
// The photos are made with the browser, so this is not done while the file is read.
async function scan() {
  if (scanned) return;
  for (const name of ["rocket.jpg", "old_town.jpg", "flower.jpg", "aloe.jpg"]) copyFileSync(`${root}/samples/${name}`, `${photos}/${name}`);
  copyFileSync(`${root}/samples/flower.jpg`, `${photos}/${hostile("copy").replaceAll("/", "")}.jpg`);
  for (const how of ["right", "half", "crop"]) await make("rocket.jpg", `rocket_${how}.jpg`, how);
  await make("old_town.jpg", "old_town_grey.jpg", "grey");
  const job = await server.ask("jobs", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ kind: "scan", folders: [photos] }) });
  for (;;) {
    scanned = await server.ask(`jobs/${job.job}`);
    if (scanned.state === "done") break;
    assert.notEqual(scanned.state, "failed", scanned.error);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
const groups = async () => (await server.ask("duplicates?turned=true&crops=true")).groups;
const groupOf = async (name) => (await groups()).find((group) => group.keep.endsWith(`/${name}`));
const marked = async () => (await server.ask("marks/photos?mark=delete")).photos.map((photo) => photo.photo);

test("groups look right on every screen, and are accessible", async () => {
  await scan();
  const rocket = await groupOf("rocket.jpg");
  await onEveryScreen(async ({ screen, dark, name }) => {
    for (const [view, address] of [["duplicates", "#/duplicates?turned=1&crops=1"], ["compare", `#/duplicates/${rocket.photos[0].photo}?turned=1&crops=1`]]) {
      const page = await open(`${server.url}/${address}`, { screen, dark });
      await pictures(page);
      await shot(page, `${view}-${name}`);
      assert.deepEqual(await violations(page), []);
      assert.deepEqual(page.errors, []);
      await page.context().close();
    }
  });
});

test("a turned copy lies over the photo to keep, and so does a crop", async () => {
  await scan();
  const rocket = await groupOf("rocket.jpg");
  const copies = [...rocket.photos.slice(1), ...(rocket.crops ?? [])];
  assert.deepEqual(copies.map((copy) => copy.copy).sort(), ["crop of", "resized", "turned right"]);
  for (const copy of copies) {
    const page = await open(`${server.url}/#/duplicates/${rocket.photos[0].photo}?turned=1&crops=1&mode=difference&copy=${copy.photo}`);
    await page.waitForSelector(".stage [role=status]");
    const text = await page.textContent(".stage [role=status]");
    const share = /visible/.test(text) ? 0 : Number.parseFloat(text);
    assert.ok(share < 3, `${copy.copy}: ${text}`);
    await shot(page, `difference-${copy.copy.replaceAll(" ", "-")}`);
    assert.deepEqual(await violations(page), []);
    assert.deepEqual(page.errors, []);
    await page.context().close();
  }
});

test("zoom and place are the same for both photos", async () => {
  await scan();
  const rocket = await groupOf("old_town.jpg");
  const page = await open(`${server.url}/#/duplicates/${rocket.photos[0].photo}`);
  await pictures(page);
  const box = await page.locator(".stage .photo").first().boundingBox();
  await page.mouse.move(box.x + box.width / 3, box.y + box.height / 3);
  await page.mouse.wheel(0, -600);
  await page.waitForTimeout(400);
  const places = await page.$$eval(".stage .photo", (all) => all.map((one) => ({ width: one.style.width, transform: one.style.transform })));
  assert.equal(places.length, 2);
  assert.deepEqual(places[0], places[1]);
  assert.ok(Number.parseFloat(places[0].width) > box.width * 1.2);
});

test("copies are marked, listed and unmarked by keyboard alone", async () => {
  await scan();
  const page = await open(`${server.url}/#/duplicates?turned=1`);
  await pictures(page);
  await page.keyboard.press("ArrowRight");
  // Copies with the same bytes are one photo, so they have nothing to mark.
  for (let tile = 0; !/resized|turned|greyscale/.test(await page.evaluate(() => document.activeElement.textContent)) && tile < 10; ++tile) {
    await page.keyboard.press("ArrowRight");
  }
  await page.keyboard.press("Enter");
  await page.waitForSelector(".compare");
  await pictures(page);
  await page.keyboard.press("x");
  await page.waitForSelector("text=marked to delete");
  assert.equal((await marked()).length, 1);
  await page.keyboard.press("u");
  await page.waitForSelector("text=Undone");
  assert.equal((await marked()).length, 0);
  await page.keyboard.press("d");
  await page.waitForSelector(".stage canvas");
  await page.keyboard.press("b");
  await page.waitForSelector("text=Shown: the copy");
  await page.keyboard.press(" ");
  await page.waitForSelector("text=Shown: the photo to keep");
  const shown = await page.textContent("h1");
  await page.keyboard.press(/ 1 of/.test(shown) ? "j" : "k");
  await page.waitForFunction((before) => document.querySelector("h1").textContent !== before, shown);
  await page.keyboard.press(/ 1 of/.test(shown) ? "k" : "j");
  await page.waitForFunction((before) => document.querySelector("h1").textContent === before, shown);
  await page.keyboard.press("a");
  await page.waitForSelector("section.marked, .strip .marked");
  assert.ok((await marked()).length >= 1);
  await page.keyboard.press("Escape");
  await page.waitForSelector(".card.marked");
  await shot(page, "duplicates-marked");
  assert.deepEqual(await violations(page), []);
  assert.deepEqual(page.errors, []);
});

test("the trash takes a copy only after a question, and gives it back", async () => {
  await scan();
  const group = await groupOf("old_town.jpg");
  const [, copy] = group.photos;
  const page = await open(`${server.url}/#/duplicates/${group.photos[0].photo}`);
  await pictures(page);
  await page.click(`section:has-text("${copy.path.split("/").at(-1)}") >> text=Move to the trash`);
  await page.waitForSelector("dialog[open]");
  assert.deepEqual(await violations(page), []);
  await shot(page, "trash");
  assert.ok(existsSync(copy.path));
  await page.click("dialog .button.main");
  await page.waitForSelector("text=moved to the trash");
  assert.ok(!existsSync(copy.path));
  await page.click(".notice >> text=Undo");
  for (let tries = 0; !existsSync(copy.path) && tries < 50; ++tries) await page.waitForTimeout(100);
  assert.ok(existsSync(copy.path));
  assert.deepEqual(page.errors, []);
});

test("paths of copies are only texts", async () => {
  await scan();
  const page = await open("about:blank");
  await page.addInitScript(() => (globalThis.evil = () => console.error("executed")));
  const group = (await groups()).find((one) => one.photos[0].paths.some((path) => path.includes("onerror")));
  await page.goto(`${server.url}/#/duplicates/${group.photos[0].photo}`);
  await page.waitForFunction(() => /onerror=evil/.test(document.body.textContent));
  assert.deepEqual(await notIsolated(page), []);
  assert.equal(await page.$("img[src='x']"), null);
  await page.goto(`${server.url}/#/duplicates`);
  await pictures(page);
  assert.deepEqual(await notIsolated(page), []);
  assert.deepEqual(page.errors, []);
});

test("1,000 groups are drawn only where they are seen, and no copies are said to be none", async () => {
  await scan();
  const [sample] = await groups();
  const page = await open("about:blank");
  let answer = Array.from({ length: 1000 }, (_, i) => ({ ...sample, photos: sample.photos.map((photo) => ({ ...photo, photo: photo.photo + 1000 * i })) }));
  await page.route("**/api/v1/duplicates*", (route) => route.fulfill({ json: { groups: answer, plain: 0, changed: 0 } }));
  await page.goto(`${server.url}/#/duplicates`);
  await page.waitForSelector("a[data-tile]");
  assert.equal(await page.getAttribute("li[data-index='0']", "aria-setsize"), "1000");
  assert.ok((await page.$$("a[data-tile]")).length < 100);
  answer = [];
  await page.reload();
  await page.waitForSelector("text=No copies found");
  assert.deepEqual(await violations(page), []);
});
