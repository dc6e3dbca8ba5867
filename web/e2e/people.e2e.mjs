// People: naming, merging, splitting, suggestions and undo, by keyboard alone.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { environment } from "./environment.mjs";
import { onEveryScreen, open, serve, shot, test, violations } from "./harness.mjs";
import { hostile, notIsolated } from "./hostile.mjs";

const server = await serve();
const people = async (hidden = false) => (await server.ask(`people${hidden ? "?hidden=true" : ""}`)).people;
const faces = (page) => page.waitForFunction(() => {
  const images = [...document.querySelectorAll(".face img")];
  return images.length > 0 && images.every((image) => image.complete && image.naturalWidth > 0);
});
const post = (path, body, method = "POST") =>
  server.ask(path, { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
// The page may show a decision before the server has it.
async function becomes(ask, expected) {
  for (let i = 0; i < 100 && (await ask()) !== expected; i += 1) await new Promise((done) => setTimeout(done, 50));
  assert.equal(await ask(), expected);
}
// Undoes whatever the tests before decided.
async function undoAll() {
  for (;;) {
    const { decisions } = await server.ask("decisions");
    const last = decisions.find((one) => one.can_undo);
    if (!last) return;
    await server.ask(`decisions/${last.decision}/undo`, { method: "POST" });
  }
}

test("people and a person look right on every screen, and are accessible", async () => {
  const [first] = await people();
  await onEveryScreen(async ({ screen, dark, name }) => {
    for (const [view, address] of [["people", "#/people"], ["person", `#/people/${first.person}`]]) {
      const page = await open(`${server.url}/${address}`, { screen, dark });
      await faces(page);
      await shot(page, `${view}-${name}`);
      assert.deepEqual(await violations(page), []);
      assert.deepEqual(page.errors, []);
      await page.context().close();
    }
  });
});

test("a person is named by keyboard, and the name is undone", async () => {
  await undoAll();
  const page = await open(`${server.url}/#/people`);
  await faces(page);
  const [first] = await people();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("n");
  await page.waitForSelector("dialog[open] input:focus");
  assert.deepEqual(await violations(page), []);
  await page.keyboard.type("Ada Lovelace");
  await page.keyboard.press("Enter");
  await page.waitForSelector("text=Named");
  assert.equal((await people())[0].name, "Ada Lovelace");
  assert.equal((await people())[0].person, first.person);
  await page.waitForSelector("dialog", { state: "detached" });
  await page.keyboard.press("u");
  await page.waitForSelector("text=Undone");
  assert.equal((await people())[0].name, null);
  assert.deepEqual(page.errors, []);
});

test("a name that somebody has asks whether the two are one person", async () => {
  await undoAll();
  const [first, second] = await people();
  await post(`people/${first.person}`, { name: "Ada" }, "PATCH");
  const page = await open(`${server.url}/#/people/${second.person}`);
  await faces(page);
  await page.keyboard.press("n");
  await page.waitForSelector("dialog[open] input:focus");
  await page.keyboard.type("ADA");
  await page.keyboard.press("Escape"); // the completions; the field stays
  await page.keyboard.press("Enter");
  await page.waitForSelector("text=Somebody has this name already");
  assert.deepEqual(await violations(page), []);
  await page.click("text=No, two people with one name");
  await page.waitForSelector("dialog", { state: "detached" });
  assert.deepEqual((await people()).filter((one) => one.name).map((one) => one.name).sort(), ["ADA", "Ada"]);
  // The same again, with "yes".
  await undoAll();
  await post(`people/${first.person}`, { name: "Ada" }, "PATCH");
  await page.reload();
  await faces(page);
  await page.keyboard.press("n");
  await page.waitForSelector("dialog[open] input:focus");
  await page.keyboard.type("ad");
  await page.waitForSelector("[role=option]");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.waitForFunction((id) => location.hash === `#/people/${id}`, first.person);
  assert.equal((await server.ask(`people/${second.person}`)).person, first.person);
});

test("people are merged by key and by drag, and the merge is undone", async () => {
  await undoAll();
  const page = await open(`${server.url}/#/people`);
  await faces(page);
  const before = await people();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("x");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("x");
  await page.waitForSelector("[role=toolbar]");
  await shot(page, "people-selection");
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press("m");
  await page.waitForSelector("dialog[open]");
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press("Enter");
  await page.waitForSelector("text=merged into one");
  assert.equal((await people()).length, before.length - 1);
  await page.waitForSelector("dialog", { state: "detached" });
  await page.keyboard.press("u");
  await page.waitForSelector("text=Undone");
  assert.deepEqual((await people()).map((one) => one.person), before.map((one) => one.person));
  await page.waitForFunction((count) => document.querySelectorAll("a[data-tile]").length === count, before.length);
  await page.dragAndDrop("li[data-index='1'] a", "li[data-index='0'] a");
  await page.waitForSelector("dialog[open]");
  await page.click("dialog .button.main");
  await page.waitForSelector("dialog", { state: "detached" });
  assert.equal((await people()).length, before.length - 1);
  assert.deepEqual(page.errors, []);
});

test("faces are taken away, split off and undone by keyboard", async () => {
  await undoAll();
  const [first] = (await people()).filter((one) => one.faces > 1);
  const page = await open(`${server.url}/#/people/${first.person}`);
  await faces(page);
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("s");
  await page.waitForSelector("text=A new person has 1 face");
  assert.equal((await server.ask(`people/${first.person}/faces`)).faces.length, first.faces - 1);
  await page.keyboard.press("u");
  await page.waitForSelector("text=Undone");
  assert.equal((await server.ask(`people/${first.person}/faces`)).faces.length, first.faces);
  await page.waitForFunction((count) => document.querySelectorAll("a[data-tile]").length === count, first.faces);
  await page.keyboard.press("r");
  await page.waitForFunction((count) => document.querySelectorAll("a[data-tile]").length === count, first.faces - 1);
  await page.click("text=All people");
  await page.click("text=History");
  await page.waitForSelector(".page li");
  assert.deepEqual(await violations(page), []);
  await shot(page, "people-history");
  await page.click("li .button");
  await page.waitForSelector("text=undone");
  assert.equal((await server.ask(`people/${first.person}/faces`)).faces.length, first.faces);
});

test("suggestions are answered one by one with y, n and s, and taken back with u", async () => {
  await undoAll();
  const everybody = await people();
  const [named, ...others] = everybody;
  await post(`people/${named.person}`, { name: "Ada" }, "PATCH");
  const page = await open("about:blank");
  // The samples have nobody who looks a bit like somebody else: these stand for what a larger library suggests. As on a server,
  // who was merged or rejected is suggested no more. Of the others only the second one is rejected below.
  await page.route("**/people/suggestions*", async (route) => {
    const suggestions = [];
    const { decisions } = await server.ask("decisions");
    const isRejected = decisions.some((one) => one.kind === "reject" && one.undone_at === null);
    for (const [index, other] of others.entries()) {
      if ((isRejected && index === 1) || (await server.ask(`people/${other.person}`)).person !== other.person) continue;
      const { faces } = await server.ask(`people/${other.person}/faces`);
      suggestions.push({ person: other.person, faces: faces.length, shown: faces, suggested: named.person, name: "Ada", similarity: 0.42 });
    }
    return route.fulfill({ json: { suggestions } });
  });
  await page.goto(`${server.url}/#/people/review`);
  await faces(page);
  await page.waitForSelector("h2:has-text('Is this')");
  await shot(page, "people-review");
  assert.deepEqual(await violations(page), []);
  const left = () => page.textContent(".top [role=status]");
  assert.match(await left(), new RegExp(`^${others.length} to go`));
  await page.keyboard.press("y");
  await page.waitForFunction((count) => document.querySelector(".top [role=status]")?.textContent.startsWith(`${count} `), others.length - 1);
  await becomes(async () => (await server.ask(`people/${others[0].person}`)).person, named.person);
  await page.keyboard.press("u");
  await page.waitForFunction((count) => document.querySelector(".top [role=status]")?.textContent.startsWith(`${count} `), others.length);
  await becomes(async () => (await server.ask(`people/${others[0].person}`)).person, others[0].person);
  await page.keyboard.press("s");
  await page.waitForFunction((count) => document.querySelector(".top [role=status]")?.textContent.startsWith(`${count} `), others.length - 1);
  await page.keyboard.press("n");
  await page.waitForFunction((count) => !document.querySelector(".top [role=status]")?.textContent.startsWith(`${count} `), others.length - 1);
  await becomes(async () => (await server.ask("decisions")).decisions[0].kind, "reject");
  assert.deepEqual(page.errors, []);
});

test("a list of suggestions that arrives during an answer changes nothing about it", async () => {
  await undoAll();
  const [first] = await people();
  const shown = (await server.ask(`people/${first.person}/faces`)).faces;
  const page = await open("about:blank");
  const asked = [];
  const suggestedFrom = (person) =>
    [101, 102, 103, 104].filter((one) => one >= person).map((one) => ({ person: one, faces: 1, shown, suggested: first.person, name: `Name ${one}`, similarity: 0.42 }));
  await page.route("**/people/suggestions*", (route) => (asked.push(route), asked.length === 1 && route.fulfill({ json: { suggestions: suggestedFrom(101) } })));
  let answer;
  await page.route("**/reject", (route) => (answer = route));
  await page.goto(`${server.url}/#/people/review`);
  await page.waitForSelector("h2:has-text('Name 101')");
  await faces(page);
  assert.equal(asked.length, 1, "once, not again and again");
  await page.keyboard.press("s");
  await page.waitForSelector("h2:has-text('Name 102')");
  await page.keyboard.press("n");
  for (let i = 0; i < 100 && !(answer && asked[1]); i += 1) await new Promise((done) => setTimeout(done, 50));
  // The server has the answer about 102 before it makes the list that was asked for after 101; the page learns it after that.
  await asked[1].fulfill({ json: { suggestions: suggestedFrom(103) } });
  await page.evaluate(() => new Promise((done) => setTimeout(done, 100)));
  await page.waitForSelector("h2:has-text('Name 102')");
  await answer.fulfill({ json: { decision: 1 } });
  await page.waitForSelector("h2:has-text('Name 103')");
  assert.match(await page.textContent(".top [role=status]"), /^2 to go/);
  assert.deepEqual(page.errors, []);
});

test("a face that a scan left without a person is suggested, and the answer counts", async () => {
  const own = await serve();
  const ask = async () => (await own.ask("people/suggestions")).suggestions;
  const [person] = (await own.ask("people")).people.filter((one) => one.faces > 1);
  await own.ask(`people/${person.person}`, { method: "PATCH", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ name: "Ada" }) });
  const [{ face }] = (await own.ask(`people/${person.person}/faces`)).faces;
  const address = new URL(own.url).host;
  await own.stop();
  // As a scan could have: without a decision.
  execFileSync("python3", ["-c", "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute('UPDATE face SET person_id = NULL, decided = 0 WHERE id = ?', (int(sys.argv[2]),)); db.commit()",
    `${own.home}/home/catalog.db`, String(face)]);
  await own.start(address);
  assert.deepEqual((await ask()).map((one) => [one.person, one.name]), [[null, "Ada"]]);
  const page = await open(`${own.url}/#/people/review`);
  await faces(page);
  await page.waitForSelector("h2:has-text('Is this')");
  await page.keyboard.press("y");
  await becomes(async () => (await ask()).length, 0);
  assert.equal((await own.ask(`people/${person.person}/faces`)).faces.length, person.faces);
  assert.deepEqual(page.errors, []);
});

test("a person is forgotten for good after a question", async () => {
  const own = await serve();
  const [person, ...others] = (await own.ask("people")).people;
  const page = await open(`${own.url}/#/people/${person.person}`);
  await faces(page);
  await page.click(".actions >> text=Forget");
  await page.waitForSelector("dialog[open]");
  await shot(page, "person-forget");
  assert.deepEqual(await violations(page), []);
  await page.click("dialog >> text=Forget for good");
  await page.waitForFunction(() => location.hash === "#/people");
  assert.deepEqual((await own.ask("people?hidden=true")).people.map((one) => one.person), others.map((one) => one.person));
  await page.waitForFunction((count) => document.querySelectorAll("a[data-tile]").length === count, others.length);
  assert.deepEqual(page.errors, []);
});

test("2,000 people and a person with 5,000 faces are drawn only where they are seen", async () => {
  const page = await open("about:blank");
  const [sample] = await people();
  await page.route("**/api/v1/people?*", (route) => route.fulfill({ json: { faces: 9000, people: Array.from({ length: 2000 }, (_, i) => ({ ...sample, person: i + 1, name: i % 3 ? null : `Name ${i}`, faces: 5000 })) } }));
  await page.route("**/api/v1/people/*/faces", (route) =>
    route.fulfill({ json: { person: 7, faces: Array.from({ length: 5000 }, (_, i) => ({ face: i + 1, photo: 1, path: `/photos/${i}.jpg`, score: 0.9, box: [0, 0, 9, 9], decided: false, named_in_photo: false })) } }));
  await page.route("**/faces/*/thumbnail*", (route) => route.fulfill({ contentType: "image/svg+xml", body: "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><rect width='9' height='9' fill='#888'/></svg>" }));
  for (const [address, count] of [["#/people", 2000], ["#/people/7", 5000]]) {
    await page.goto(`${server.url}/${address}`);
    await page.waitForSelector("a[data-tile]");
    assert.equal(await page.getAttribute("li[data-index='0']", "aria-setsize"), String(count));
    assert.ok((await page.$$("a[data-tile]")).length < 200, "only what is on the screen");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("End");
    await page.waitForSelector(`li[data-index='${count - 1}'] a:focus`);
    assert.ok((await page.$$("a[data-tile]")).length < 200, "also at the end");
    // Wherever it is scrolled to, tiles fill the screen, and there are never many.
    for (const part of [0.9, 0.5, 0.45, 0]) {
      await page.evaluate((to) => (document.querySelector("main").scrollTop = to * document.querySelector("main").scrollHeight), part);
      await page.waitForFunction(() => {
        const { top, bottom } = document.querySelector("main").getBoundingClientRect();
        const boxes = [...document.querySelectorAll("a[data-tile]")].map((tile) => tile.getBoundingClientRect());
        return boxes.length < 200 && boxes.some((box) => box.top < top + 400) && boxes.some((box) => box.bottom > bottom - 300);
      });
    }
  }
});

test("names and file names of people are only texts", async () => {
  await undoAll();
  const [first, second] = await people();
  await post(`people/${first.person}`, { name: hostile("name") }, "PATCH");
  const page = await open("about:blank");
  await page.addInitScript(() => (globalThis.evil = () => console.error("executed")));
  for (const [address, shown] of [["#/people", true], [`#/people/${first.person}`, true], ["#/people/history", true]]) {
    await page.goto(`${server.url}/${address}`);
    await page.reload();
    await page.waitForFunction(() => /onerror=evil/.test(document.body.textContent));
    assert.ok(shown);
    assert.deepEqual(await notIsolated(page), [], address);
    assert.equal(await page.$("img[src='x']"), null);
  }
  await page.goto(`${server.url}/#/people/${second.person}`);
  await page.waitForSelector("text=Merge with");
  await faces(page);
  await page.keyboard.press("n");
  await page.waitForSelector("dialog[open] input:focus");
  await page.keyboard.type("<img");
  await page.waitForSelector("[role=option]");
  assert.deepEqual(await notIsolated(page), []);
  await shot(page, "people-hostile");
  assert.deepEqual(page.errors, []);
});

test("who may only read is told so, and nothing changes", async () => {
  const closed = await serve({ options: ["--set", "server.require_token=true"] });
  const token = execFileSync(process.env.CALOTYPE_BINARY, ["token", "create", "reader", "--scope", "read"], { env: environment(closed.home), encoding: "utf8" }).trim();
  const page = await open("about:blank");
  await page.setExtraHTTPHeaders({ Authorization: `Bearer ${token}` });
  await page.goto(`${closed.url}/#/people`);
  await faces(page);
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("n");
  await page.waitForSelector("dialog[open] input:focus");
  await page.keyboard.type("Grace");
  await page.keyboard.press("Enter");
  await page.waitForSelector("text=You may look, but not change");
  assert.ok(await page.$("dialog[open]"), "what was typed is still there");
});

test("without people there is a reason", async () => {
  const page = await open("about:blank");
  await page.route("**/api/v1/people?*", (route) => route.fulfill({ json: { faces: 0, people: [] } }));
  await page.goto(`${server.url}/#/people`);
  await page.waitForSelector("text=No faces were found in your photos");
  assert.deepEqual(await violations(page), []);
  await page.route("**/api/v1/models", async (route) => {
    const answer = await (await route.fetch()).json();
    for (const pack of answer.packs) pack.models = pack.models.filter((model) => !model.task.startsWith("faces"));
    return route.fulfill({ json: answer });
  });
  await page.reload();
  await page.waitForSelector("text=This pack finds no faces");
  assert.deepEqual(page.errors, []);
});
