// What operators do, in a real browser.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";
import { start_with_buyers } from "./buyers.mjs";
import { start } from "./host.mjs";

const pictures = process.argv.includes("--pictures");
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const executablePath = process.env.CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find(existsSync);
// No proxy and no sandbox: everything is on this machine, and CI is root.
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--no-proxy-server"] });
const host = await start();

const SIZES = { desk: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } };
const LANGUAGES = { zh: "zh-CN", en: "en-GB" };
const PAGES = ["", "/instances", "/instances/b-1", "/instances/b-2", "/orders", "/orders/CS1", "/events?state=undelivered",
  "/tenants", "/warnings", "/supervision", "/demands", "/money", "/figures", "/find?q=no-such-request", "/license-requests", "/jobs", "/probes", "/keys", "/audit", "/sessions", "/find?q=nothing", "/instances/none"];

// The link works once; the cookie it gives is for every browser of this test.
const first = await browser.newContext();
const entered = await first.newPage();
await entered.goto(host.link);
assert.equal(new URL(entered.url()).pathname, "/console");
const { cookies } = await first.storageState();
const state = { cookies, origins: [] };

async function open(size, language, options = {}) {
  const context = await browser.newContext({ viewport: SIZES[size], locale: LANGUAGES[language], storageState: state, ...options });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  const errors = [];
  page.on("console", (message) => {
    if (message.type() === "error" && !/status of 4/.test(message.text())) errors.push(message.text());
  });
  page.on("response", (response) => response.status() >= 500 && errors.push(`${response.status()} ${response.url()}`));
  return { context, page, errors };
}

async function close({ context, errors }) {
  await context.close();
  assert.deepEqual(errors, []);
}

// Every page in both languages and sizes: it fits, it is in one language, and axe finds nothing.
async function every_page_is_for_everybody() {
  for (const size of Object.keys(SIZES)) {
    for (const language of Object.keys(LANGUAGES)) {
      // axe is a script, which the pages' policy would not let in.
      const opened = await open(size, language, { bypassCSP: true });
      for (const path of PAGES) {
        const at = `${size} ${language} ${path}`;
        const { page } = opened;
        await page.goto(host.console + path);
        const [wide, inner] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
        assert.ok(wide <= inner, `${at} is ${wide} wide`);
        assert.equal(await page.locator("html").getAttribute("lang"), language === "zh" ? "zh-CN" : "en", at);
        await page.evaluate(axe);
        const found = await page.evaluate(async () => (await window.axe.run()).violations);
        assert.deepEqual(found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).slice(0, 3)}`), [], at);
      }
      await close(opened);
    }
  }
}

// Buyers' pages, each in both languages and sizes: it fits, shows the seller's logo, and axe finds nothing.
async function buyers_pages_are_for_everybody() {
  const buyers = await start_with_buyers();
  try {
    for (const size of Object.keys(SIZES)) {
      for (const language of Object.keys(LANGUAGES)) {
        // The policy stands while the page loads, for all but axe.
        for (const options of [{}, { bypassCSP: true }]) {
          const opened = await open(size, language, { storageState: undefined, ...options });
          const { page } = opened;
          for (const [name, url] of Object.entries(buyers.pages)) {
            const at = `${size} ${language} ${name}`;
            await page.goto(url);
            const [wide, inner] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
            assert.ok(wide <= inner, `${at} is ${wide} wide`);
            assert.equal(await page.locator("html").getAttribute("lang"), language === "zh" ? "zh-CN" : "en", at);
            const logos = await page.locator("img").evaluateAll((images) => images.map(({ naturalWidth }) => naturalWidth));
            assert.deepEqual(logos, name === "none" ? [] : [72], at);
            assert.equal(await page.evaluate(() => getComputedStyle(document.body).margin), "0px", `${at} has no style`);
            if (options.bypassCSP) {
              await page.evaluate(axe);
              const found = await page.evaluate(async () => (await window.axe.run()).violations);
              assert.deepEqual(found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).slice(0, 3)}`), [], at);
            }
          }
          await close(opened);
        }
      }
    }
  } finally {
    buyers.stop();
  }
}

// The tab key, until what has the focus fits.
async function tab_to(page, fits) {
  for (let times = 0; times < 120; times += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(fits)) return;
  }
  assert.fail(`the keyboard does not reach ${fits} on ${page.url()}`);
}

// From home to an app info, by the keyboard alone.
async function an_app_info_is_handed_in_by_keyboard() {
  const opened = await open("desk", "en");
  const { page } = opened;
  await page.goto(host.console);
  await page.keyboard.press("Tab");
  assert.match(await page.evaluate(() => document.activeElement.textContent), /Skip/);
  await tab_to(page, () => document.activeElement.getAttribute("href")?.endsWith("/instances/b-1#app-info"));
  await page.keyboard.press("Enter");
  await page.locator("#app-info").waitFor();
  await tab_to(page, () => document.activeElement.matches("#app-info > summary"));
  await page.keyboard.press("Enter");
  await tab_to(page, () => document.activeElement.name === "frontEndUrl");
  await page.keyboard.type("https://app.example.com/?instance=b-1");
  await tab_to(page, () => document.activeElement.name === "userName");
  await page.keyboard.type("li.wei");
  await tab_to(page, () => document.activeElement.name === "reason");
  await page.keyboard.type("the application was down");
  await page.keyboard.press("Enter");
  await page.locator(".done").waitFor();
  assert.match(await page.locator("#status").textContent(), /active/);
  await close(opened);
}

// The same tasks without JavaScript, in both languages and sizes.
async function every_task_is_done_without_javascript() {
  for (const [place, size] of Object.keys(SIZES).entries()) {
    for (const [number, language] of Object.keys(LANGUAGES).entries()) {
      const opened = await open(size, language, { javaScriptEnabled: false });
      const { page } = opened;
      const id = `b-${4 + ((place * 2 + number) % 3)}`;
      const act = async (name, fields) => {
        await page.locator(`#${name} > summary`).click();
        const form = page.locator(`#${name} form`);
        for (const [field, value] of Object.entries(fields)) await form.locator(`[name=${field}]`).fill(value);
        await form.locator("[name=reason]").fill("a test of each task");
        await form.locator("button").click();
      };
      await page.goto(host.console);
      await page.locator("input[name=q]").first().fill(id);
      await page.locator("form.search button").first().click();
      await page.waitForURL(`**/instances/${id}`);
      await act("app-info", { frontEndUrl: "https://app.example.com/", userName: "li.wei" });
      await page.locator(".done").waitFor();
      await act("show", {});
      assert.match(await page.locator("#personal").textContent(), /li\.wei/);
      await page.goto(`${host.console}/events?state=undelivered`);
      await page.locator("td a").first().click();
      await act("resend", {});
      await page.locator(".done").waitFor();
      await page.goto(`${host.console}/events?state=undelivered`);
      await act("resend-all", {});
      await page.waitForURL("**/jobs/*");
      // Without JavaScript the browser comes again by itself, until the job has ended.
      await page.locator("progress").waitFor({ state: "detached", timeout: 60_000 });
      await page.goto(`${host.console}/audit`);
      assert.ok((await page.locator("tbody tr").count()) >= 4);
      const download = page.waitForEvent("download");
      await page.locator("#csv").click();
      assert.equal((await download).suggestedFilename(), "audit.csv");
      await close(opened);
    }
  }
}

// A bill with titles of its own: in each language and size what the columns are is shown, corrected, confirmed once, and then known.
async function a_statement_is_imported() {
  let number = 0;
  for (const size of Object.keys(SIZES)) {
    for (const language of Object.keys(LANGUAGES)) {
      number += 1;
      const opened = await open(size, language, { javaScriptEnabled: false });
      const { page } = opened;
      const file = (order, name) => ({
        name, mimeType: "text/csv",
        buffer: Buffer.from(`订单号,账期,成交价,第${number}列\nCS25110000${number}${order},2025-11,5.00,x\n合计,,5.00,\n`),
      });
      const choose = async (form, chosen) => {
        await form.locator("[name=file]").setInputFiles(chosen);
        await form.locator("[name=reason]").fill("the bill of November");
        await form.locator("button").last().click();
      };
      await page.goto(`${host.console}/money`);
      await page.locator("#import > summary").click();
      await choose(page.locator("#import form"), file(1, "bill.csv"));
      const shown = page.locator("main form");
      await shown.locator('[name="0.settlementAmount"]').fill("3");
      await shown.locator('[name="0.dealAmount"]').fill("");
      await choose(shown, file(1, "bill.csv"));
      await page.waitForURL("**/statements/*");
      await page.locator(".done").first().waitFor();
      assert.equal(await page.locator("#rows").textContent(), "1");
      await page.goto(`${host.console}/money`);
      await page.locator("#import > summary").click();
      await choose(page.locator("#import form"), file(2, "next.csv"));
      await page.waitForURL("**/statements/*");
      await close(opened);
    }
  }
}

// The page that asks what the columns are is for everybody too.
async function the_columns_of_a_statement_are_for_everybody() {
  for (const language of Object.keys(LANGUAGES)) {
    const opened = await open("phone", language, { bypassCSP: true });
    const { page } = opened;
    await page.goto(`${host.console}/money`);
    await page.locator("#import > summary").click();
    const buffer = Buffer.from("订单号,账期,金额甲\nCS2511000099,2025-11,5.00\n");
    await page.locator("#import [name=file]").setInputFiles({ name: "a.csv", mimeType: "text/csv", buffer });
    await page.locator("#import [name=reason]").fill("a test");
    await page.locator("#import button").click();
    await page.locator('[name="0.orderId"]').waitFor();
    const [wide, inner] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
    assert.ok(wide <= inner, `the columns are ${wide} wide`);
    await page.evaluate(axe);
    const found = await page.evaluate(async () => (await window.axe.run()).violations);
    assert.deepEqual(found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).slice(0, 3)}`), [], language);
    await close(opened);
  }
}

// The reader's language and zone stay.
async function language_and_zone_are_chosen() {
  const opened = await open("phone", "zh");
  const { page } = opened;
  await page.goto(`${host.console}/instances/b-2`);
  assert.match(await page.locator("h1").textContent(), /实例/);
  await page.locator("footer select[name=language]").selectOption("en");
  await page.locator("footer select[name=zone]").selectOption("+00:00");
  await page.locator("footer button").first().click();
  await page.waitForURL("**/instances/b-2");
  assert.match(await page.locator("h1").textContent(), /Instance b-2/);
  await page.goto(host.console);
  assert.equal(await page.locator("html").getAttribute("lang"), "en");
  await close(opened);
}

// On a day on which much waits: before the tasks are done.
async function pictures_are_taken() {
  mkdirSync(process.env.PICTURES, { recursive: true });
  const supervised = await open("desk", "en");
  await supervised.page.goto(`${host.console}/orders/CS1`);
  await supervised.page.locator("#supervise > summary").click();
  await supervised.page.locator("#supervise [name=reason]").fill("Seller Console shows it");
  await supervised.page.locator("#supervise button").click();
  await supervised.page.locator("#stage").waitFor();
  await close(supervised);
  const asked = await open("desk", "en", { viewport: { width: 1000, height: 620 } });
  await asked.page.goto(`${host.console}/money`);
  await asked.page.locator("#import > summary").click();
  const buffer = Buffer.from("订单号,账期,账单类型,成交价,结算金额(元),结算时间,客户名称,备注\nCS2511000001,2025-11,消费,5.00,4.50,,Example,\n合计,,,5.00,4.50,,,\n");
  await asked.page.locator("#import [name=file]").setInputFiles({ name: "bill-2025-11.csv", mimeType: "text/csv", buffer });
  await asked.page.locator("#import [name=reason]").fill("the bill of November");
  await asked.page.locator("#import button").click();
  await asked.page.locator('[name="0.orderId"]').waitFor();
  await asked.page.screenshot({ path: `${process.env.PICTURES}/statement-en.png` });
  await close(asked);
  for (const [language, width, height, name, path] of [
    ["en", 940, 470, "home-en", ""],
    ["zh", 940, 440, "home-zh", ""],
    ["en", 1000, 620, "instance-en", "/instances/b-2"],
    ["zh", 390, 844, "instance-zh-phone", "/instances/b-2"],
    ["en", 1000, 620, "order-en", "/orders/CS1"],
    ["en", 1000, 620, "figures-en", "/figures"],
  ]) {
    const opened = await open("desk", language, { viewport: { width, height } });
    await opened.page.goto(host.console + path);
    await opened.page.screenshot({ path: `${process.env.PICTURES}/${name}.png` });
    await close(opened);
  }
}

try {
  for (const check of [
    ...(pictures ? [pictures_are_taken] : []),
    every_page_is_for_everybody,
    an_app_info_is_handed_in_by_keyboard,
    every_task_is_done_without_javascript,
    a_statement_is_imported,
    the_columns_of_a_statement_are_for_everybody,
    language_and_zone_are_chosen,
    buyers_pages_are_for_everybody,
  ]) {
    await check();
    console.log(`✓ ${check.name.replaceAll("_", " ")}`);
  }
} finally {
  host.stop();
  await browser.close();
}
