// What the tests of the page share: a server on a copy of the scanned library, a browser, and what every view must hold.
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { after, test as nodeTest } from "node:test";
import { chromium } from "playwright-core";
import { environment, root, shared } from "./environment.mjs";
import { servePageOf } from "./page_folder.mjs";

export { root };

const shots = `${root}/build/web-e2e`;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

// `calotype serve` on a library of its own: by default a copy of the scanned one. Stops at the end of the test file.
export async function serve({ empty = false, options = [], listen = "127.0.0.1:0" } = {}) {
  const home = mkdtempSync(`${tmpdir()}/calotype-e2e-`);
  if (!empty) {
    for (const part of ["home", "cache"]) cpSync(`${shared}/${part}`, `${home}/${part}`, { recursive: true });
  }
  const server = { home, url: "", output: "", process: undefined };
  server.start = async (address = listen) => {
    const child = spawn(process.env.CALOTYPE_BINARY, ["serve", "--listen", address, ...options], { env: environment(home), stdio: ["ignore", "pipe", "pipe"] });
    server.process = child;
    server.output = "";
    child.stderr.on("data", (text) => (server.output += text));
    await new Promise((resolve, reject) => {
      child.stdout.on("data", (text) => {
        server.output += text;
        if (/Open |once/.test(server.output)) resolve();
      });
      child.on("exit", (code) => reject(new Error(`calotype serve ended with ${code}: ${server.output}`)));
    });
    server.url = /https?:\/\/127\.0\.0\.1:\d+/.exec(server.output)[0];
  };
  server.stop = () =>
    new Promise((resolve) => {
      server.process.removeAllListeners("exit");
      if (server.process.exitCode !== null) return resolve();
      server.process.on("exit", resolve);
      server.process.kill("SIGTERM");
    });
  server.ask = async (path, options) => (await fetch(`${server.url}/api/v1/${path}`, options)).json();
  server.photo = async (name) => (await server.ask("photos?limit=100")).photos.find((photo) => photo.path.endsWith(`/${name}`)).photo;
  await server.start();
  after(async () => {
    await server.stop();
    rmSync(home, { recursive: true });
  });
  return server;
}

export const screens = {
  desktop: { viewport: { width: 1360, height: 860 } },
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true },
};

let browser;
const opened = []; // pages of the test that runs

// A page at "URL/#/VIEW". `errors` collects what the console and the page complain about.
export async function open(url, { screen = "desktop", dark = false, locale = "en-GB" } = {}) {
  browser ??= await chromium.launch({ executablePath: process.env.CALOTYPE_BROWSER, args: ["--no-sandbox"] });
  const context = await browser.newContext({ ...screens[screen], colorScheme: dark ? "dark" : "light", locale, reducedMotion: "reduce" });
  if (process.env.CALOTYPE_E2E_PAGE) await servePageOf(context, process.env.CALOTYPE_E2E_PAGE);
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  opened.push(page);
  page.errors = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) page.errors.push(`${message.text()} ${message.location().url}`);
  });
  page.on("pageerror", (error) => page.errors.push(error.stack));
  page.on("dialog", (dialog) => page.errors.push(`dialog: ${dialog.message()}`));
  await page.goto(url);
  return page;
}
after(() => browser?.close());

// All pictures that are on the screen have arrived.
export const pictures = (page) =>
  page.waitForFunction(() => {
    const images = [...document.querySelectorAll("img[data-state]")].filter((image) => {
      const box = image.getBoundingClientRect();
      return box.bottom > 0 && box.top < innerHeight && box.width > 0;
    });
    return images.length > 0 && images.every((image) => image.dataset.state === "loaded");
  });

// What axe-core finds, as lines that name the rule and the element.
export async function violations(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 200)} ${node.failureSummary}`));
}

export async function shot(page, name) {
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: `${shots}/${name}.png` });
}

// Runs `look` with each size of a screen and each set of colours. With CALOTYPE_TEST_LONG (./check long): with every
// combination of them.
export async function onEveryScreen(look) {
  for (const screen of ["desktop", "phone"]) {
    const colours = process.env.CALOTYPE_TEST_LONG ? [false, true] : [screen === "phone"];
    for (const dark of colours) await look({ screen, dark, name: `${screen}-${dark ? "dark" : "light"}` });
  }
}

// Shows what was on the screen when a test failed.
export const test = (name, run) =>
  nodeTest(name, async () => {
    opened.length = 0;
    try {
      await run();
    } catch (error) {
      for (const [i, page] of opened.entries()) {
        console.log(`page ${i} of "${name}": ${page.url()} ${page.errors.join("\n")}`);
        await shot(page, `failed-${name.replace(/\W+/g, "-")}-${i}`).catch(() => undefined);
      }
      throw error;
    } finally {
      for (const page of opened) await page.context().close().catch(() => undefined);
    }
  });
