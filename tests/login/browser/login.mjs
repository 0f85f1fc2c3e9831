// A real browser logs in, in every way that users find.

import assert from "node:assert/strict";
import {
  ann, app, ben, browser, claims, cleo, close, domain, enter, fits, identity, isLoggedIn, isNoCircle, issuer, logInByHint, open, refusal,
  refusalIsBilingual, startAgain, typeIn,
} from "./driver.mjs";

const checks = {
  async "own entrance: the unified login page"() {
    const one = await open();
    await one.page.goto(app.home);
    await one.page.click("#log-in");
    assert.ok(one.page.url().startsWith(`${identity}/unified-login/`), one.page.url());
    await typeIn(one.page, ann);
    await isLoggedIn(one.page, ann);
    isNoCircle(one.seen);
    await close(one);
  },

  async "own entrance: the tenant named, and a logout"() {
    const one = await open();
    await logInByHint(one.page, ann);
    await isLoggedIn(one.page, ann);
    await one.page.click("#log-out");
    await one.page.locator("#log-in").waitFor();
    assert.equal(await claims(one.page), null);
    await one.page.goto(app.login + `?login_hint=${ann.tenant}`);
    await one.page.locator("input[type=password]").waitFor();
    isNoCircle(one.seen);
    await close(one);
  },

  async "workbench: one click, no second password"() {
    const one = await open();
    await one.page.goto(`${identity}/workbench`);
    await enter(one.page, ann);
    await isLoggedIn(one.page, ann);
    isNoCircle(one.seen);
    await close(one);
  },

  async "a wrong password stays at the tenant"() {
    const one = await open();
    await one.page.goto(app.login + `?login_hint=${ann.tenant}`);
    await typeIn(one.page, ann, "wrong");
    await one.page.locator("input[type=password]").waitFor();
    assert.ok(one.page.url().startsWith(domain(ann)), one.page.url());
    await typeIn(one.page, ann);
    await isLoggedIn(one.page, ann);
    await close(one);
  },

  async "two tabs at once, the first ended last"() {
    const one = await open();
    const other = await one.context.newPage();
    await one.page.goto(app.login + `?login_hint=${ann.tenant}`);
    await other.goto(app.login + `?login_hint=${cleo.tenant}`);
    await typeIn(other, cleo);
    await other.locator("#choose button").first().click();
    await isLoggedIn(other, cleo);
    await typeIn(one.page, ann);
    await isLoggedIn(one.page, ann);
    isNoCircle(one.seen);
    await close(one);
  },

  async "six tabs at once: each ends at the application or at a page that says why"() {
    const one = await open();
    const tabs = [one.page];
    while (tabs.length < 6) tabs.push(await one.context.newPage());
    for (const tab of tabs) await tab.goto(app.login + `?login_hint=${ann.tenant}`);
    const ends = [];
    for (const tab of tabs) {
      await typeIn(tab, ann);
      await tab.locator("#claims, #problem, main[data-reason]").first().waitFor();
      if (await tab.locator("#claims").count()) ends.push("in");
      else ends.push((await tab.locator("main[data-reason]").count()) ? await refusal(tab) : "problem");
    }
    assert.equal(ends.at(-1), "in", `the newest tab: ${ends}`);
    for (const end of ends) assert.ok(["in", "problem", "flow_expired", "flow_used"].includes(end), `${ends}`);
    assert.ok(ends.filter((end) => end === "in").length >= 4, `most tabs get in: ${ends}`);
    await close(one);
  },

  async "the back button after a login"() {
    const one = await open();
    await one.page.goto(app.home);
    await one.page.click("#log-in");
    await typeIn(one.page, ann);
    await isLoggedIn(one.page, ann);
    const before = one.seen.trail.length;
    // To the login page, and on from there as if one had not noticed.
    await one.page.goBack();
    await one.page.waitForLoadState();
    if (await one.page.locator("input[type=password]").count()) {
      await typeIn(one.page, ann);
      await one.page.locator("#claims, #problem, main[data-reason]").first().waitFor();
      const refused = (await one.page.locator("main[data-reason]").count()) ? await refusal(one.page) : "flow_used";
      assert.ok(["flow_used", "flow_expired"].includes(refused), refused);
    }
    isNoCircle(one.seen, before);
    assert.equal((await claims(one.page)).preferred_username, ann.user_name);
    await close(one);
  },

  async "a used callback leads to a page with a way to start again"() {
    const one = await open();
    const arrived = one.page.waitForRequest((request) => request.url().startsWith(`${issuer}/callback?`));
    await logInByHint(one.page, ann);
    await isLoggedIn(one.page, ann);
    const used = (await arrived).url();
    await one.page.goto(used);
    assert.ok(["flow_used", "flow_expired"].includes(await refusal(one.page)));
    await startAgain(one, ann);
    await close(one);
  },

  async "a flow that another browser began ends at a page, and nobody is logged in"() {
    const theirs = await open();
    await theirs.page.route(`${issuer}/callback?**`, (route) => route.abort());
    const arrived = theirs.page.waitForRequest((request) => request.url().startsWith(`${issuer}/callback?`));
    await logInByHint(theirs.page, ann);
    const stolen = (await arrived).url();
    await theirs.context.close();
    const one = await open();
    await one.page.goto(stolen);
    assert.ok(["flow_used", "flow_expired"].includes(await refusal(one.page)), await one.page.content());
    assert.equal(await claims(one.page), null);
    await close(one);
  },

  async "a login whose cookies are gone"() {
    const one = await open();
    await one.page.goto(app.login + `?login_hint=${ann.tenant}`);
    await one.context.clearCookies();
    await typeIn(one.page, ann);
    assert.ok(["flow_used", "flow_expired"].includes(await refusal(one.page)));
    await close(one);
  },

  async "the cookie of a flow: HttpOnly, Lax, of ten minutes, gone at the end"() {
    const one = await open();
    await one.page.goto(app.login + `?login_hint=${ann.tenant}`);
    // With TLS its name begins with __Host-, and it is Secure: not every browser takes such a cookie of this machine.
    const isFlow = ({ name }) => name.includes("koogallery-login-");
    const flows = async () => (await one.context.cookies(issuer)).filter(isFlow);
    const begun = await flows();
    assert.equal(begun.length, 1, JSON.stringify(begun));
    assert.deepEqual([begun[0].httpOnly, begun[0].sameSite, begun[0].path], [true, "Lax", "/"]);
    const seconds = begun[0].expires - Date.now() / 1000;
    assert.ok(seconds > 0 && seconds <= 601, `it lasts ${seconds} seconds`);
    await typeIn(one.page, ann);
    await isLoggedIn(one.page, ann);
    assert.deepEqual(await flows(), []);
    await close(one);
  },

  async "refusals in both languages, the browser's first"() {
    for (const [locale, first, second] of [["zh-CN", "zh", "en"], ["en-GB", "en", "zh"]]) {
      const one = await open({ locale });
      await logInByHint(one.page, ben);
      assert.equal(await refusal(one.page), "not_granted");
      await refusalIsBilingual(one.page, first, second);
      assert.equal(await claims(one.page), null);
      isNoCircle(one.seen);
      await close(one);
    }
  },

  async "refusals that need no login"() {
    const asks = (client_id, redirect_uri) =>
      `${issuer}/authorize?${new URLSearchParams({ client_id, redirect_uri, response_type: "code", scope: "openid" })}`;
    const addresses = {
      invalid_client: asks("nobody", app.callback),
      invalid_redirect_uri: asks(app.client_id, "https://example.com/"),
      tenant_unknown: `${app.login}?tenant=t-unknown`,
    };
    for (const [reason, address] of Object.entries(addresses)) {
      const one = await open({ locale: "en-GB" });
      await one.page.goto(address);
      assert.equal(await refusal(one.page), reason);
      await refusalIsBilingual(one.page, "en", "zh");
      assert.ok(one.page.url().startsWith(issuer), "a stranger's address is never gone to");
      await close(one);
    }
  },

  async "several instances: a choice, by keyboard too"() {
    const one = await open({ locale: "en-GB" });
    await logInByHint(one.page, cleo);
    await one.page.locator("#choose button").first().waitFor();
    assert.equal(await one.page.locator("#choose button").count(), 2);
    for (let i = 0; i < 2; i++) await one.page.keyboard.press("Tab");
    assert.ok(await one.page.locator("#choose button").nth(1).evaluate((button) => button === document.activeElement));
    await one.page.keyboard.press("Enter");
    await isLoggedIn(one.page, cleo);
    const first = (await claims(one.page)).instance_id;
    const again = await open();
    await logInByHint(again.page, cleo);
    await again.page.locator("#choose button").first().click();
    await isLoggedIn(again.page, cleo);
    assert.notEqual((await claims(again.page)).instance_id, first);
    // The choice was made: the form does nothing a second time.
    await again.page.goBack();
    await again.page.waitForLoadState();
    if (await again.page.locator("#choose button").count()) {
      await again.page.locator("#choose button").nth(1).click();
      await again.page.locator("#claims, #problem, main[data-reason]").first().waitFor();
    }
    isNoCircle(again.seen);
    await close(one);
    await close(again);
  },

  async "without JavaScript"() {
    const one = await open({ javaScriptEnabled: false });
    await logInByHint(one.page, ann);
    await isLoggedIn(one.page, ann);
    await close(one);
    const refused = await open({ javaScriptEnabled: false });
    await logInByHint(refused.page, ben);
    assert.equal(await refusal(refused.page), "not_granted");
    await close(refused);
    const choosing = await open({ javaScriptEnabled: false });
    await logInByHint(choosing.page, cleo);
    await choosing.page.locator("#choose button").first().click();
    await isLoggedIn(choosing.page, cleo);
    await close(choosing);
  },

  async "390 pixels wide: nothing is cut off, and what is pressed is large enough"() {
    const one = await open({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
    await logInByHint(one.page, ben);
    assert.equal(await refusal(one.page), "not_granted");
    await fits(one.page);
    await one.page.goto(`${issuer}/authorize?client_id=nobody`);
    await refusal(one.page);
    await fits(one.page);
    await one.page.goto(`${domain(ben)}/api/v1/logout`);
    await logInByHint(one.page, cleo);
    await one.page.locator("#choose button").first().waitFor();
    await fits(one.page);
    for (const button of await one.page.locator("#choose button").all()) {
      const { height } = await button.boundingBox();
      assert.ok(height >= 24, `a button of ${height} pixels`);
    }
    await close(one);
  },

  async "no page of the provider can be framed"() {
    const one = await open();
    await one.page.goto(app.home);
    const isInner = (frame) => frame !== one.page.mainFrame() && frame.url() !== "about:blank";
    const ended = one.page.waitForEvent("framenavigated", isInner);
    await one.page.setContent(`<iframe src="${issuer}/authorize?client_id=nobody"></iframe>`);
    assert.equal((await ended).url(), "chrome-error://chromewebdata/", "the page is shown within another one");
    // The browser itself says that it refuses to show it.
    await one.context.close();
  },
};

const failures = [];
for (const [name, run] of Object.entries(checks)) {
  if (process.env.ONLY && !name.includes(process.env.ONLY)) continue;
  try {
    await run();
    console.log(`ok  browser: ${name}`);
  } catch (error) {
    failures.push(name);
    console.log(`FAILED: browser: ${name}\n${error.stack}`);
  }
}
await browser.close();
process.exitCode = failures.length ? 1 : 0;
