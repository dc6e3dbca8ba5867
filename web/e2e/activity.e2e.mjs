// The first run, folders, activity and devices.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { environment } from "./environment.mjs";
import { onEveryScreen, open, pictures, root, serve, shot, test, violations } from "./harness.mjs";
import { hostile, notIsolated } from "./hostile.mjs";

const server = await serve();

test("activity, devices and folders look right on every screen, and are accessible", async () => {
  // The devices are measured once, not for each screen.
  const report = await server.ask("devices");
  assert.ok(report.models.length > 5);
  for (const view of ["activity", "devices", "folders"]) {
    await onEveryScreen(async ({ screen, dark, name }) => {
      const page = await open("about:blank", { screen, dark });
      await page.route("**/api/v1/devices", (route) => route.fulfill({ json: report }));
      await page.goto(`${server.url}/#/${view}`);
      await page.waitForSelector(view === "devices" ? "article" : ".card");
      await shot(page, `${view}-${name}`);
      assert.deepEqual(await violations(page), []);
      assert.deepEqual(page.errors, []);
      await page.context().close();
    });
  }
});

test("an empty library offers a folder and the samples, and shows photos within seconds", async () => {
  const empty = await serve({ empty: true });
  await onEveryScreen(async ({ screen, dark, name }) => {
    const page = await open(empty.url, { screen, dark });
    await page.waitForSelector("text=Welcome to Calotype");
    await page.waitForSelector("text=Apache-2.0");
    await shot(page, `welcome-${name}`);
    assert.deepEqual(await violations(page), []);
    assert.deepEqual(page.errors, []);
    await page.context().close();
  });
  const page = await open(empty.url);
  await page.click("text=Choose a folder of photos");
  await page.waitForSelector("dialog[open]");
  await page.waitForSelector("dialog li button");
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press("Escape");
  const began = Date.now();
  await page.click("text=Try the samples");
  await pictures(page);
  assert.ok(Date.now() - began < 10_000, `the first photos took ${Date.now() - began} ms`);
  await page.goto(`${empty.url}/#/activity`);
  await page.waitForSelector("text=Analysing your photos");
  await page.waitForSelector("text=photos a minute");
  await shot(page, "activity-scanning");
  assert.deepEqual(await violations(page), []);
  await page.click("text=Pause");
  await page.waitForSelector("text=Scans wait until you go on");
  assert.equal((await empty.ask("status")).paused, true);
  await page.click("text=Go on");
  await page.waitForSelector("text=Scans wait until you go on", { state: "detached" });
  await page.click(".now >> text=Cancel");
  await page.waitForSelector("text=Cancelled");
  assert.deepEqual(page.errors, []);
});

test("folders are added with the picker by keyboard, and removed after a question", async () => {
  const own = await serve({ options: ["--set", `server.folders=["${server.home}"]`] });
  mkdirSync(`${server.home}/album/inside`, { recursive: true });
  copyFileSync(`${root}/samples/cat.png`, `${server.home}/album/cat.png`);
  const page = await open(`${own.url}/#/folders`);
  await page.waitForSelector(".card");
  await page.click("text=Add a folder");
  await page.waitForSelector("dialog li button");
  await page.focus(`dialog li button:has-text("${server.home}")`);
  await page.keyboard.press("Enter");
  await page.waitForSelector("dialog li button:has-text('album')");
  await page.focus("dialog li button:has-text('album')");
  await page.keyboard.press("Enter");
  await page.waitForSelector("dialog li button:has-text('inside')");
  await shot(page, "folder-picker");
  assert.deepEqual(await violations(page), []);
  await page.click("dialog .button.main");
  await page.waitForSelector("text=The scan has begun");
  await page.waitForSelector(`li:has-text("${server.home}/album")`);
  for (let tries = 0; tries < 200 && (await own.ask("jobs")).jobs[0].state !== "done"; ++tries) await page.waitForTimeout(100);
  assert.ok((await own.ask("folders")).folders.includes(`${server.home}/album`));
  await page.click(`li:has-text("${server.home}/album") >> text=Remove`);
  await page.waitForSelector("dialog[open]");
  assert.deepEqual(await violations(page), []);
  await page.click("dialog .button.main");
  await page.waitForSelector("text=The folder was removed");
  assert.ok(!(await own.ask("folders")).folders.includes(`${server.home}/album`));
  assert.deepEqual(page.errors, []);
});

test("when all folders were removed the library begins anew", async () => {
  const own = await serve({ options: ["--set", `server.folders=["${server.home}"]`] });
  const page = await open(`${own.url}/#/folders`);
  await page.click("li.card >> text=Remove");
  await page.waitForSelector("dialog[open]");
  await page.click("dialog .button.main");
  await page.waitForSelector("text=The folder was removed");
  await page.waitForSelector("text=No folders yet");
  await shot(page, "folders-none");
  assert.deepEqual(await violations(page), []);
  assert.deepEqual((await own.ask("folders")).folders, []);
  await page.click("nav >> text=Library");
  await page.waitForSelector(".hero >> text=Choose a folder");
  await shot(page, "welcome-again");
  assert.deepEqual(await violations(page), []);
  for (const view of ["search", "people", "duplicates", "activity"]) {
    await page.goto(`${own.url}/#/${view}`);
    await page.waitForSelector(".page, .empty, main h1");
  }
  assert.deepEqual(page.errors, []);
});

test("failures are grouped by reason, with examples, and tried again", async () => {
  const own = await serve();
  mkdirSync(`${own.home}/broken`);
  for (let i = 0; i < 3; ++i) writeFileSync(`${own.home}/broken/broken ${i} ${hostile("file").replaceAll("/", "")}.jpg`, Buffer.from([0xff, 0xd8, 0xff, 0xe0, i]));
  try {
    execFileSync(process.env.CALOTYPE_BINARY, ["scan", `${own.home}/broken`], { env: environment(own.home), stdio: "pipe" });
  } catch {
    // Its status says that photos failed.
  }
  const page = await open("about:blank");
  await page.addInitScript(() => (globalThis.evil = () => console.error("executed")));
  await page.goto(`${own.url}/#/activity`);
  await page.waitForSelector("text=Failures");
  await page.waitForSelector(".count");
  assert.equal(await page.textContent(".count"), "3");
  await page.click("summary");
  await page.waitForFunction(() => /onerror=evil/.test(document.body.textContent));
  assert.deepEqual(await notIsolated(page), []);
  await shot(page, "activity-failures");
  assert.deepEqual(await violations(page), []);
  await page.click(".card .button:has-text('Try again')");
  await page.waitForSelector("text=Retry");
  assert.ok((await own.ask("jobs")).jobs.some((job) => job.kind === "retry"));
  assert.deepEqual(page.errors, []);
});

test("a library in which everything failed says so", async () => {
  const page = await open("about:blank");
  await page.route("**/api/v1/status", async (route) => {
    const status = await (await route.fetch()).json();
    for (const one of Object.values(status.analyses)) [one.failed, one.done] = [one.done, 0];
    status.failures = [{ analysis: "objects", reason: hostile("reason"), count: 16, next_try: null, examples: ["/a.jpg"] }];
    return route.fulfill({ json: status });
  });
  await page.goto(`${server.url}/#/activity`);
  await page.waitForSelector("text=Every photo failed");
  assert.deepEqual(await notIsolated(page), []);
  assert.deepEqual(await violations(page), []);
});

test("a device that fails is shown with its reason and what to do", async () => {
  const page = await open("about:blank");
  await page.route("**/api/v1/devices", (route) =>
    route.fulfill({
      json: {
        passed: 1, total: 2,
        checks: [
          { name: "engines", ok: true, detail: hostile("detail"), remedy: "" },
          { name: "gpu", ok: false, detail: "the driver is older than 525", remedy: hostile("remedy") },
        ],
        models: [
          { name: hostile("model"), device: null, precision: null, ms: null, agreement: null, not_used: [{ device: "onnxruntime cuda f16", reason: hostile("reason") }], problem: "it runs nowhere" },
          { name: "scrfd", device: "onnxruntime cpu", precision: "f32", ms: 12.5, agreement: "12 of 12 boxes the same", not_used: [] },
        ],
      },
    }));
  await page.goto(`${server.url}/#/devices`);
  await page.waitForSelector("text=1 to look at");
  await page.waitForSelector("text=What to do");
  await page.click("article summary");
  assert.deepEqual(await notIsolated(page), []);
  assert.deepEqual(await violations(page), []);
  await shot(page, "devices-failing");
  assert.deepEqual(page.errors, []);
});

test("the doctor speaks the language of the page", async () => {
  const page = await open("about:blank", { locale: "de-DE" });
  await page.route("**/api/v1/devices", (route) =>
    route.fulfill({
      json: {
        passed: 0, total: 1,
        checks: [{ name: "gpu", ok: false, detail: "this machine has an NVIDIA GPU but no NVIDIA driver: libcuda.so.1 is missing", remedy: "install driver 525.60.13 or later (in a container: run it with --gpus all)" }],
        models: [{ name: "scrfd", device: "onnxruntime cpu", precision: "f32", ms: 12.5, agreement: "12 of 12 boxes the same",
          not_used: [{ device: "openvino cpu f32", reason: "slower: 31.0 ms, against 12.5 ms on the device in use (12 of 12 boxes the same)" }] }],
      },
    }));
  await page.goto(`${server.url}/#/devices`);
  await page.waitForSelector("text=Dieser Rechner hat eine NVIDIA-GPU, aber keinen NVIDIA-Treiber");
  await page.waitForSelector("text=Treiber 525.60.13 oder neuer installieren (in einem Container: mit --gpus all starten)");
  await page.click("article summary");
  await page.waitForSelector("text=langsamer: 31.0 ms, das verwendete Gerät braucht 12.5 ms (12 von 12 Kästen gleich)");
  await shot(page, "devices-german");
  assert.deepEqual(page.errors, []);
});

test("the models are switched to those of another pack, and back", async () => {
  // The same models under another name: nothing has to be analysed again.
  const models = mkdtempSync(`${tmpdir()}/calotype-e2e-models-`);
  const starter = `${environment("").CALOTYPE_MODELS_FOLDER}/starter`;
  for (const name of ["starter", "other"]) {
    cpSync(starter, `${models}/${name}`, { recursive: true, dereference: true });
  }
  writeFileSync(`${models}/other/pack.toml`, readFileSync(`${starter}/pack.toml`, "utf8").replace('name = "starter"', 'name = "other"'));
  const own = await serve({ options: ["--set", `models.folder=${models}`] });
  const page = await open("about:blank");
  await page.route("**/api/v1/devices", (route) => route.fulfill({ json: { passed: 0, total: 0, checks: [], models: [] } }));
  await page.goto(`${own.url}/#/devices`);
  await page.click("text=Use this pack");
  await page.click("dialog .button.main");
  for (let tries = 0; tries < 300 && (await own.ask("status")).models.shown !== "other"; ++tries) await page.waitForTimeout(100);
  assert.equal((await own.ask("status")).models.shown, "other");
  await page.click(".button:has-text('Back to')");
  for (let tries = 0; tries < 300 && (await own.ask("status")).models.shown !== "starter"; ++tries) await page.waitForTimeout(100);
  assert.equal((await own.ask("status")).models.shown, "starter");
  assert.deepEqual(page.errors, []);
  await own.stop();
  rmSync(models, { recursive: true });
});

test("another pack is used after a question, and the way back is offered", async () => {
  const page = await open("about:blank");
  const submitted = [];
  let models = { shown: "starter", wanted: "starter", previous: null, switching: 0, ready: 0, behind: 0 };
  await page.route("**/api/v1/devices", (route) => route.fulfill({ json: { passed: 0, total: 0, checks: [], models: [] } }));
  await page.route("**/api/v1/status", async (route) => route.fulfill({ json: { ...(await (await route.fetch()).json()), models } }));
  await page.route("**/api/v1/models", async (route) => {
    const answer = await (await route.fetch()).json();
    answer.packs.push({ ...answer.packs[0], pack: "other", in_use: false, installed: true });
    return route.fulfill({ json: answer });
  });
  await page.route("**/api/v1/jobs", async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    submitted.push(route.request().postDataJSON());
    models = submitted.length === 1 ? { shown: "starter", wanted: "other", previous: null, switching: 40, ready: 10, behind: 0 } : { ...models, wanted: "starter", switching: 0, ready: 0 };
    const job = { job: 9, kind: "switch", state: "queued", error: null, counts: {}, file: null, progress: null, step: null, submitted: 1, started: null, ended: null };
    return route.fulfill({ status: 202, json: job });
  });
  await page.goto(`${server.url}/#/devices`);
  await page.click("text=Use this pack");
  await page.waitForSelector("dialog[open]");
  assert.deepEqual(await violations(page), []);
  await page.click("dialog .button.main");
  await page.waitForSelector("text=10 of 40 photos are ready");
  assert.deepEqual(submitted, [{ kind: "switch", pack: "other" }]);
  await shot(page, "devices-switching");
  assert.deepEqual(await violations(page), []);
  await page.click(".switch .button:has-text('Back to')");
  await page.waitForSelector("text=10 of 40 photos are ready", { state: "detached" });
  assert.deepEqual(submitted[1], { kind: "switch", undo: true });
  assert.deepEqual(page.errors, []);
});
