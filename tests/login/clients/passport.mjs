// An application with passport-openidconnect: no discovery, no PKCE, client_secret_basic or _post as the library chooses.
import { randomBytes } from "node:crypto";
import express from "express";
import sessions from "express-session";
import passport from "passport";
import OpenIDConnectStrategy from "passport-openidconnect";

const { OIDC_DISCOVERY_URL, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, OWN_URL } = process.env;
const found = await (await fetch(OIDC_DISCOVERY_URL)).json();

passport.use(
  new OpenIDConnectStrategy(
    {
      issuer: found.issuer,
      authorizationURL: found.authorization_endpoint,
      tokenURL: found.token_endpoint,
      userInfoURL: found.userinfo_endpoint,
      clientID: OIDC_CLIENT_ID,
      clientSecret: OIDC_CLIENT_SECRET,
      callbackURL: `${OWN_URL}/callback`,
      scope: ["profile", "email", "phone"],
      nonce: true,
    },
    // With so many parameters the library asks for userinfo.
    (issuer, uiProfile, idProfile, context, idToken, accessToken, refreshToken, params, done) => {
      const [, payload] = idToken.split(".");
      const claims = JSON.parse(Buffer.from(payload, "base64url"));
      done(null, { claims: { ...claims, ...uiProfile._json }, idToken });
    },
  ),
);
passport.serializeUser((user, done) => done(null, user));
passport.deserializeUser((user, done) => done(null, user));

const app = express();
app.use(sessions({ name: "login_passport", secret: randomBytes(32).toString("hex"), resave: false, saveUninitialized: false }));
app.use(passport.session());
const escape = (text) => String(text).replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);

app.get("/", (request, response) => {
  const shown = request.user ? `<pre id="claims">${escape(JSON.stringify(request.user.claims))}</pre>` : "";
  response.set("Cache-Control", "no-store").send(`<!doctype html><title>passport</title>${shown}<a id="log-in" href="/login">Log in</a>`);
});
const logIn = (request, response, next) =>
  passport.authenticate("openidconnect", { loginHint: request.query.login_hint })(request, response, next);
app.get("/login", logIn);
app.get("/start", (request, response, next) =>
  request.query.iss === found.issuer ? logIn(request, response, next) : response.status(400).send("another issuer"),
);
app.get("/callback", passport.authenticate("openidconnect", { failWithError: true }), (request, response) => response.redirect("/"));
app.get("/logout", (request, response, next) => {
  const hint = request.user?.idToken ? { id_token_hint: request.user.idToken } : { client_id: OIDC_CLIENT_ID };
  request.logout((error) => {
    if (error) return next(error);
    response.redirect(`${found.end_session_endpoint}?${new URLSearchParams({ ...hint, post_logout_redirect_uri: `${OWN_URL}/` })}`);
  });
});
app.use((error, request, response, next) => {
  response.status(400).send(`<!doctype html><p id="problem">${escape(error.code ?? error.message)}</p>`);
});
app.listen(Number(new URL(OWN_URL).port), "127.0.0.1");
