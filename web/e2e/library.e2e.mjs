import assert from "node:assert/strict";
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

test("an empty library says what to do", async () => {
  const empty = await serve({ empty: true });
  const page = await open(empty.url);
  await page.waitForFunction(() => /Welcome/.test(document.querySelector("main").textContent));
  await shot(page, "welcome");
  assert.deepEqual(await violations(page), []);
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
