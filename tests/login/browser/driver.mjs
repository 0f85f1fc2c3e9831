// Debian's Chromium, driven by playwright-core, and what must hold of every page. check.py says in WORLD what runs where, and who is who.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

export const { ann, ben, cleo, app, issuer, identity } = JSON.parse(process.env.WORLD);
export const domain = (user) => `${identity}/identity/${user.tenant}`;
const MOST_REDIRECTS = 20;

const executablePath = process.env.CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find(existsSync);
// No proxy and no sandbox: everything is on this machine, and CI is root.
export const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--no-proxy-server"] });

// What must hold of every page of the provider, in every check: looked at as the pages come.
function watch(page, seen) {
  page.on("console", (message) => {
    if (!["error", "warning"].includes(message.type()) || isOfTheStatus(message)) return;
    seen.errors.push(`${message.text()} at ${message.location().url}`);
  });
  page.on("pageerror", (error) => seen.errors.push(String(error)));
  page.on("response", async (response) => {
    const url = response.url();
    if (!response.request().isNavigationRequest()) return;
    seen.trail.push(`${response.status()} ${url}`);
    if (response.status() >= 500) seen.errors.push(`${response.status()} ${url}`);
    if (response.status() < 400 && response.status() >= 300) return;
    if (!url.startsWith(`${issuer}/`) || !(response.headers()["content-type"] ?? "").includes("html")) return;
    seen.pages += 1;
    const headers = response.headers();
    const policy = headers["content-security-policy"] ?? "";
    for (const [name, holds] of Object.entries({
      "a policy that allows nothing by default": /default-src 'none'/.test(policy),
      "no framing": /frame-ancestors 'none'/.test(policy),
      "no base": /base-uri 'none'/.test(policy),
      "no script that stands in the page": !/unsafe-inline|unsafe-eval/.test(policy.match(/script-src[^;]*/)?.[0] ?? ""),
      "no referrer": headers["referrer-policy"] === "no-referrer",
      "no caching": /no-store/.test(headers["cache-control"] ?? ""),
      "no guessing of types": headers["x-content-type-options"] === "nosniff",
    })) {
      if (!holds) seen.errors.push(`${url} has not: ${name}`);
    }
  });
}

// Chromium writes an error of its own for each page whose status is 4xx, which is what a refusal has.
function isOfTheStatus(message) {
  return /Failed to load resource: the server responded with a status of 4/.test(message.text());
}

export async function open(options = {}) {
  const context = await browser.newContext({ locale: "zh-CN", ...options });
  context.setDefaultTimeout(15_000);
  const seen = { errors: [], trail: [], pages: 0 };
  context.on("page", (page) => watch(page, seen));
  return { context, seen, page: await context.newPage() };
}

export async function close({ context, seen }) {
  await context.close();
  assert.deepEqual(seen.errors, [], `errors in the browser, by way of\n${seen.trail.join("\n")}`);
}

// No redirect more than twice, and not too many pages at all.
export function isNoCircle(seen, from = 0) {
  const way = seen.trail.slice(from);
  assert.ok(way.length <= MOST_REDIRECTS, `too many pages:\n${way.join("\n")}`);
  const redirects = way.filter((one) => one.startsWith("3"));
  for (const one of redirects) {
    assert.ok(redirects.filter((other) => other === one).length <= 2, `a circle at ${one}:\n${way.join("\n")}`);
  }
}

export async function typeIn(page, user, password = user.password) {
  await page.locator("input[type=password]").waitFor();
  await page.locator("input:not([type=password]):not([type=hidden]):not([type=submit])").first().fill(user.user_name);
  await page.locator("input[type=password]").fill(password);
  await page.locator("input[type=password]").press("Enter");
}

export async function claims(page) {
  await page.goto(app.home);
  const shown = page.locator("#claims");
  return (await shown.count()) ? JSON.parse(await shown.textContent()) : null;
}

export async function isLoggedIn(page, user) {
  await page.locator("#claims").waitFor();
  assert.ok(page.url().startsWith(app.origin), page.url());
  assert.equal(JSON.parse(await page.locator("#claims").textContent()).preferred_username, user.user_name);
}

export async function logInByHint(page, user) {
  await page.goto(app.login + `?login_hint=${user.tenant}`);
  assert.ok(page.url().startsWith(domain(user)), page.url());
  await typeIn(page, user);
}

export async function refusal(page) {
  await page.locator("main[data-reason]").waitFor();
  return page.locator("main").getAttribute("data-reason");
}

export async function enter(page, user) {
  await typeIn(page, user);
  await page.locator(`a[href*="appId=${app.id}"]`).first().click();
}

export async function startAgain({ page }, user) {
  const link = page.locator("a#start-again");
  assert.equal(await link.count(), 1, "there is a way to start again");
  await link.click();
  await page.locator("#claims, #log-in, input[type=password]").first().waitFor();
  if (await page.locator("input[type=password]").count()) {
    await typeIn(page, user);
    await isLoggedIn(page, user);
  }
}

export async function refusalIsBilingual(page, first, second) {
  const languages = await page.locator("main [lang], main[lang]").evaluateAll((all) => all.map((one) => one.lang.slice(0, 2)));
  assert.deepEqual([...new Set(languages)], [first, second], `lang attributes: ${languages}`);
  assert.equal((await page.locator("html").getAttribute("lang")).slice(0, 2), first);
  const chinese = (await page.locator("main [lang^=zh]").allTextContents()).join("");
  const english = (await page.locator("main [lang^=en]").allTextContents()).join("");
  assert.ok(/[\u4e00-\u9fff]{4}/.test(chinese), `Chinese: ${chinese}`);
  assert.ok(/[A-Za-z]+ [A-Za-z]+ [A-Za-z]+/.test(english) && !/[\u4e00-\u9fff]/.test(english), `English: ${english}`);
  assert.ok((await page.title()).length > 0, "the page has a title");
}

export async function fits(page) {
  const wide = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
  assert.ok(wide[0] <= 390 && wide[1] <= 390, `as wide as ${wide}`);
}
