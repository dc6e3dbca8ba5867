import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { onEveryScreen, open, pictures, root, serve, shot, test, violations } from "./harness.mjs";

const server = await serve();

test("a search looks right on every screen, and is accessible", async () => {
  await onEveryScreen(async ({ screen, dark, name }) => {
    const page = await open(`${server.url}/#/search?q=flowers`, { screen, dark });
    await pictures(page);
    await shot(page, `search-${name}`);
    assert.deepEqual(await violations(page), []);
    await page.goto(`${server.url}/#/search`);
    await page.waitForSelector(".values");
    await shot(page, `explore-${name}`);
    assert.deepEqual(await violations(page), []);
    assert.deepEqual(page.errors, []);
    await page.context().close();
  });
});

test("one searches, looks why, opens a hit and comes back, by keyboard alone", async () => {
  const page = await open(server.url);
  await pictures(page);
  await page.keyboard.press("/");
  await page.keyboard.type("obj", { delay: 20 });
  await page.waitForSelector("[role=option]");
  await page.keyboard.press("Tab");
  assert.equal(await page.inputValue("#query"), "object:");
  await page.keyboard.type("per", { delay: 20 });
  await page.waitForFunction(() => /person/.test(document.querySelector("[role=option]")?.textContent));
  await page.keyboard.press("ArrowDown");
  await shot(page, "search-completion");
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press("Enter");
  assert.equal(await page.inputValue("#query"), "object:person ");
  await page.waitForSelector("[role=option]"); // what could come next
  await page.keyboard.press("Escape"); // closes the list
  await page.waitForSelector("#completions", { state: "hidden" });
  await page.keyboard.press("Escape"); // leaves the box
  await page.keyboard.press("/");
  await page.keyboard.press("Enter");
  await page.waitForSelector("a.hit");
  await pictures(page);
  assert.match(page.url(), /#\/search\?q=object%3Aperson$/);
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("i");
  await page.waitForSelector("dialog .marked");
  await pictures(page);
  await shot(page, "search-why");
  assert.match(await page.textContent("dialog"), /shows\s*person/);
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press("Escape");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".stage .marked");
  const first = page.url();
  await page.waitForSelector(".turn.after");
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction((before) => location.href !== before, first);
  await page.keyboard.press("Escape");
  await page.waitForSelector("a.hit");
  assert.equal(await page.inputValue("#query"), "object:person");
  assert.deepEqual(page.errors, []);
});

test("confident and less certain hits stand apart, and filters can be removed", async () => {
  const page = await open(`${server.url}/#/search?q=flowers%20-object%3Acar`);
  await pictures(page);
  const [sure, others] = await page.$$eval(".grid", (grids) => grids.map((grid) => grid.querySelectorAll("a.hit").length));
  const { hits } = await server.ask("search?q=flowers%20-object%3Acar&limit=60");
  assert.deepEqual([sure, others], [hits.filter((hit) => hit.confident).length, hits.filter((hit) => !hit.confident).length]);
  await page.click(".chip button");
  await page.waitForFunction(() => document.querySelector("#query").value === "flowers");
  assert.equal(await page.$(".chip"), null);
});

test("matching words are marked where they stand", async () => {
  const page = await open(`${server.url}/#/search?q=text%3Aparking`);
  await page.waitForSelector("a.hit");
  await page.click(".why");
  await page.waitForSelector("dialog polygon");
  assert.match(await page.textContent("dialog"), /PARKING/);
});

test("a wrong query is explained, and nothing found is said", async () => {
  const page = await open(`${server.url}/#/search?q=camra%3Acanon`);
  await page.waitForSelector(".problem");
  assert.match(await page.textContent(".problem"), /camra/);
  assert.deepEqual(await violations(page), []);
  await page.goto(`${server.url}/#/search?q=text%3Axyzzyx`);
  await page.waitForFunction(() => /Nothing found/.test(document.body.textContent));
});

test("a picture that is chosen, dropped or pasted finds photos like it", async () => {
  const page = await open(server.url);
  await pictures(page);
  await page.setInputFiles(".box input[type=file]", `${root}/samples/coffee.png`);
  await page.waitForSelector("a.hit");
  assert.match(await page.getAttribute("a.hit", "aria-label"), /^coffee/);
  await pictures(page);
  await shot(page, "search-picture");
  assert.deepEqual(await violations(page), []);
  const bytes = readFileSync(`${root}/samples/robin.jpg`).toString("base64");
  for (const kind of ["drop", "paste"]) {
    await page.goto(`${server.url}/#/library`);
    await page.evaluate(([kind, base64]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))], "asked.jpg", { type: "image/jpeg" }));
      const event = kind === "drop" ? new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true })
        : new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true });
      document.body.dispatchEvent(event);
    }, [kind, bytes]);
    await page.waitForFunction(() => document.querySelector("a.hit")?.getAttribute("aria-label").startsWith("robin"));
  }
  assert.deepEqual(page.errors, []);
});
