// The server restarts, the session ends, a photo disappears, answers are slow; texts of photos are hostile.
import assert from "node:assert/strict";
import { open, pictures, serve, shot, test, violations } from "./harness.mjs";
import { hostile, notIsolated } from "./hostile.mjs";

const server = await serve();

test("the page waits for a server that restarts, and says so", async () => {
  const page = await open(server.url);
  await pictures(page);
  await page.waitForTimeout(2_000); // all views are there
  const address = new URL(server.url).host;
  await server.stop();
  await page.goto(`${server.url}/#/search?q=flowers`).catch(() => undefined);
  await page.waitForSelector(".banner");
  await shot(page, "offline");
  const found = await violations(page);
  await server.start(address);
  assert.deepEqual(found, []);
  await page.waitForSelector("a.hit");
  await page.waitForSelector(".banner", { state: "detached" });
});

test("who has no session any more signs in again, and sees what was asked for", async () => {
  const closed = await serve({ options: ["--set", "server.require_token=true"] });
  const page = await open(`${closed.url}/#/search?q=flowers`);
  await page.waitForSelector("dialog[open] #session-code");
  await shot(page, "session");
  assert.deepEqual(await violations(page), []);
  await page.fill("#session-code", "wrong");
  await page.click("dialog .button.main");
  await page.waitForFunction(() => /wrong/.test(document.querySelector("#session-wrong").textContent));
  await page.fill("#session-code", /http\S+#code=\S+/.exec(closed.output)[0]);
  await page.click("dialog .button.main");
  await page.waitForSelector("a.hit");
});

test("a photo that is not there any more is said to be gone", async () => {
  const page = await open(`${server.url}/#/photo/99999?from=library`);
  await page.waitForFunction(() => /not in the library any more/.test(document.body.textContent));
  assert.deepEqual(await violations(page), []);
});

test("slow answers show the photos' colours first", async () => {
  const page = await open("about:blank");
  await page.route("**/thumbnail*", async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await route.continue().catch(() => undefined);
  });
  await page.goto(server.url);
  await page.waitForSelector(".tile canvas");
  await shot(page, "library-slow");
  const colours = await page.$eval(".tile canvas", (canvas) => new Set(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data).size);
  assert.ok(colours > 10, `${colours} colours`);
  await pictures(page);
});

// Answers whose texts are hostile, as a photo, a model or a mistake might make them.
async function withHostileAnswers(page) {
  await page.route("**/api/v1/**", async (route) => {
    if (route.request().url().endsWith("/events")) return route.continue();
    const response = await route.fetch();
    if (!response.headers()["content-type"]?.startsWith("application/json")) return route.fulfill({ response });
    const texts = new Set(["label", "text", "name", "city", "region", "country", "camera", "lens", "reason", "device", "version", "value", "time_zone", "detail"]);
    const change = (value, key) => {
      if (Array.isArray(value)) return value.map((one) => (key === "why" || key === "notes" ? `object "${hostile("why")}" 0.8` : change(one, key)));
      if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, change(one, name)]));
      return typeof value === "string" && texts.has(key) ? hostile(key) : value;
    };
    return route.fulfill({ response, json: change(await response.json()) });
  });
}

// What each view must show of it.
const places = [
  ["library", "#/library", () => undefined],
  ["search", "#/search?q=flowers", () => ["why"]],
  ["explore", "#/search", () => ["value"]],
  ["photo", "evil", () => ["name", "caption", "keyword", "title", "device", "version"]],
  ["findings", "sign", () => ["label", "text", "camera"]],
];
for (const [name, address, shown] of places) {
  test(`hostile texts are only texts: ${name}`, async () => {
    const { photos } = await server.ask("photos?limit=100");
    const evil = photos.find((photo) => photo.path.includes("onerror"));
    assert.ok(evil, "the scan took the photo with the hostile name");
    const page = await open("about:blank");
    await page.addInitScript(() => (globalThis.evil = () => console.error("executed")));
    await withHostileAnswers(page);
    const photo = { evil: evil.photo, sign: await server.photo("sign_no_parking.jpg") }[address];
    await page.goto(`${server.url}/${photo ? `#/photo/${photo}?layers=objects-faces-text` : address}`);
    if (name !== "explore") await pictures(page);
    for (const what of shown() ?? []) {
      await page.waitForFunction((text) => document.body.textContent.includes(text), what === "title" ? `\u202e${what}` : `\u202e${what}\u2067`);
    }
    assert.deepEqual(await notIsolated(page), []);
    assert.equal(await page.$("img[src='x']"), null);
    assert.deepEqual(page.errors, []);
    await shot(page, `hostile-${name}`);
  });
}

test("hostile texts are only texts: a search's reasons, a message", async () => {
  const page = await open("about:blank");
  await withHostileAnswers(page);
  await page.goto(`${server.url}/#/search?q=flowers`);
  await page.click(".why");
  await page.waitForSelector("dialog");
  assert.deepEqual(await notIsolated(page), []);
  await page.keyboard.press("Escape");
  await page.fill("#query", `name:"${hostile("query")}"`);
  await page.keyboard.press("Enter");
  await page.waitForSelector(".chip");
  assert.deepEqual(await notIsolated(page), []);
  assert.deepEqual(page.errors, []);
});
