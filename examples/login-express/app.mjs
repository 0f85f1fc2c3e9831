// Lets a buyer's users into an Express application, by OpenID Connect with openid-client.
//
// npm install
// OIDC_DISCOVERY_URL=… OIDC_CLIENT_ID=… OIDC_CLIENT_SECRET=… PORT=3000 node app.mjs
//
// Register for the client: /callback, /start (initiate_login_uri), and / (after the logout). docs/login.md says how.

import { randomBytes } from "node:crypto";
import express from "express";
import sessions from "express-session";
import * as oidc from "openid-client";

const { OIDC_DISCOVERY_URL, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, SESSION_SECRET, HOST = "127.0.0.1", PORT = "3000" } = process.env;
const own = new URL(process.env.OWN_URL ?? `http://${HOST}:${PORT}/`);
const discovery = new URL(OIDC_DISCOVERY_URL);
// Plain http is for one machine only.
const local = ["127.0.0.1", "localhost"].includes(discovery.hostname) ? { execute: [oidc.allowInsecureRequests] } : {};
const config = await oidc.discovery(discovery, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, undefined, local);
const { issuer } = config.serverMetadata();

const app = express();
app.set("trust proxy", 1);
// sessions() keeps the sessions in memory: a production server needs a store. Every port of a machine shares its cookies.
app.use(
  sessions({
    name: "login_express",
    secret: SESSION_SECRET ?? randomBytes(32).toString("hex"),
    resave: false,
    saveUninitialized: false,
    // Lax: the browser comes back from the login by a link, and has to bring the cookie.
    cookie: { httpOnly: true, sameSite: "lax", secure: own.protocol === "https:", maxAge: 3600_000 },
  }),
);

const escape = (text) => String(text).replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);
const page = (response, status, body) =>
  response
    .status(status)
    .set("Cache-Control", "no-store")
    .send(
      `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">` +
        `<title>Express example</title>${body}</html>`,
    );

// Goes to the login. What belongs to it is kept under its state, so that two tabs may log in at once.
async function begin(request, response, parameters, then = "/") {
  const verifier = oidc.randomPKCECodeVerifier();
  const state = oidc.randomState();
  const nonce = oidc.randomNonce();
  const begun = Object.entries(request.session.begun ?? {}).slice(-4);
  request.session.begun = { ...Object.fromEntries(begun), [state]: { verifier, nonce, then } };
  const address = oidc.buildAuthorizationUrl(config, {
    ...parameters,
    redirect_uri: new URL("callback", own).href,
    scope: "openid profile email phone",
    state,
    nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  });
  response.redirect(address.href);
}

app.get("/", (request, response) => {
  const { user } = request.session;
  if (!user) return page(response, 200, `<a id="log-in" href="/login">Log in</a>`);
  const claims = escape(JSON.stringify(user, null, 1));
  const welcome = `<h1>Welcome, ${escape(user.name ?? user.preferred_username)}</h1><pre id="claims">${claims}</pre>`;
  page(response, 200, `${welcome}<a id="log-out" href="/logout">Log out</a>`);
});

// `?tenant=` may name the tenant; without it the user chooses at KooGallery's login page.
app.get("/login", (request, response) => {
  const hints = ["login_hint", "tenant"].filter((name) => typeof request.query[name] === "string");
  return begin(request, response, Object.fromEntries(hints.map((name) => [name, request.query[name]])));
});

// initiate_login_uri: the user clicked the application in the workbench.
app.get("/start", (request, response) => {
  const { iss, login_hint, target_link_uri } = request.query;
  if (iss !== issuer) return page(response, 400, `<p id="problem">Somebody else's login was started here.</p>`);
  // Only a path of this application: else a stranger's link would lead anywhere after the login.
  const target = URL.canParse(target_link_uri) ? new URL(target_link_uri) : own;
  const then = target.origin === own.origin && !target.pathname.startsWith("//") ? target.pathname : "/";
  return begin(request, response, typeof login_hint === "string" ? { login_hint } : {}, then);
});

app.get("/callback", async (request, response) => {
  const begun = request.session.begun?.[request.query.state];
  try {
    if (!begun) throw new Error("this login is over already, or was begun in another browser");
    delete request.session.begun[request.query.state];
    // Compares state and nonce, redeems the code, and checks the ID token's issuer, audience and times.
    const tokens = await oidc.authorizationCodeGrant(config, new URL(request.originalUrl, own), {
      pkceCodeVerifier: begun.verifier,
      expectedState: request.query.state,
      expectedNonce: begun.nonce,
      idTokenExpected: true,
    });
    const claims = tokens.claims();
    const user = { ...claims, ...(await oidc.fetchUserInfo(config, tokens.access_token, claims.sub)) };
    const others = request.session.begun;
    // A new session id: whoever knew the old one is not logged in with it.
    await new Promise((done, failed) => request.session.regenerate((error) => (error ? failed(error) : done())));
    Object.assign(request.session, { user, idToken: tokens.id_token, begun: others });
    response.redirect(begun.then);
  } catch (error) {
    // Expired, used, refused, or a second click: say so and let the user decide. Starting again by itself could go on for ever.
    const why = escape(error.error ?? error.message);
    page(response, 400, `<p id="problem">The login failed: ${why}</p><a id="log-in" href="/login">Log in again</a>`);
  }
});

// Ends the session here, then at the tenant.
app.get("/logout", (request, response) => {
  const hint = request.session.idToken ? { id_token_hint: request.session.idToken } : {};
  request.session.destroy(() => {
    response.redirect(oidc.buildEndSessionUrl(config, { ...hint, post_logout_redirect_uri: own.href }).href);
  });
});

app.listen(Number(PORT), HOST, () => console.log(`listening on ${own.href}`));
