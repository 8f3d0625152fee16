// Drives one Firefox by WebDriver BiDi, as package firefox says: what to do comes as a line of JSON, {id, do, …}, and the answer
// to it goes as one, {id, value} or {id, error}. Between them go complaints, {page, complaint}. It ends when its input does,
// and the browser with it.
import { createInterface } from "node:readline";
import puppeteer from "puppeteer-core";

const { executablePath, userDataDir, prefs, env } = JSON.parse(process.argv[2]);
const browser = await puppeteer.launch({
  browser: "firefox",
  headless: true,
  timeout: 80_000,
  executablePath,
  userDataDir,
  extraPrefsFirefox: prefs,
  env: { ...process.env, ...env },
});
const pages = new Map();

const acts = {
  async open({ page, width, height }) {
    const opened = await browser.newPage();
    await opened.setViewport({ width, height });
    opened.on("pageerror", (fault) => say({ page, complaint: `exception: ${fault.stack ?? fault}` }));
    opened.on("console", (message) => {
      if (message.type() === "error") say({ page, complaint: `console: ${message.text()}` });
    });
    pages.set(page, opened);
  },
  async close({ page }) {
    await pages.get(page).close();
    pages.delete(page);
  },
  async go({ page, address }) {
    await pages.get(page).goto(address);
  },
  evaluate: ({ page, expression }) => pages.get(page).evaluate(expression),
  click: ({ page, selector }) => pages.get(page).click(selector),
  type: ({ page, selector, text }) => pages.get(page).type(selector, text),
  async picture({ page, file }) {
    await pages.get(page).screenshot({ path: file });
  },
};

function say(what) {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}

async function answer({ id, do: act, ...what }) {
  try {
    say({ id, value: (await acts[act](what)) ?? null });
  } catch (fault) {
    say({ id, error: String(fault) });
  }
}

for await (const line of createInterface({ input: process.stdin })) void answer(JSON.parse(line));
await browser.close();
