"""Lets a buyer's users into a Flask application, by OpenID Connect with Authlib. README.md beside it says how to start it.

The four addresses to register for the client: /callback, /start (initiate_login_uri), / (after the logout), and where it runs.
"""

import json
import os
from urllib.parse import urlencode, urlsplit

from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Flask, redirect, render_template_string, request, session, url_for

PAGE = """<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<title>Flask example</title>
{% if problem %}<p id="problem">{{ problem }}</p><a id="log-in" href="{{ url_for('login') }}">Log in again</a>
{% elif user %}<h1>Welcome, {{ user.name or user.preferred_username }}</h1><pre id="claims">{{ claims }}</pre>
<a id="log-out" href="{{ url_for('logout') }}">Log out</a>
{% else %}<a id="log-in" href="{{ url_for('login') }}">Log in</a>{% endif %}</html>"""

app = Flask(__name__)
# Set SESSION_SECRET where the application runs for longer than a try: without it, a restart logs everybody out.
app.secret_key = os.environ.get("SESSION_SECRET") or os.urandom(32)
# Lax: the browser comes back from the login by a link, and has to bring the cookie. Every port of a machine shares its cookies.
app.config.update(SESSION_COOKIE_NAME="login_flask", SESSION_COOKIE_SAMESITE="Lax", SESSION_COOKIE_HTTPONLY=True)
app.config.update(SESSION_COOKIE_SECURE=os.environ.get("HTTPS") == "1", PERMANENT_SESSION_LIFETIME=3600)
oidc = OAuth(app).register(
    "koogallery",
    server_metadata_url=os.environ["OIDC_DISCOVERY_URL"],
    client_id=os.environ["OIDC_CLIENT_ID"],
    client_secret=os.environ["OIDC_CLIENT_SECRET"],
    client_kwargs={"scope": "openid profile email phone", "code_challenge_method": "S256"},
)


def page(status=200, **values):
    return render_template_string(PAGE, **values), status, {"Cache-Control": "no-store"}


@app.get("/")
def home():
    user = session.get("user")
    return page(user=user, claims=json.dumps(user, indent=1, ensure_ascii=False))


@app.get("/login")
def login():
    """Starts a login. `?tenant=` may name the tenant; without it the user chooses at KooGallery's login page."""
    hint = {name: request.args[name] for name in ("login_hint", "tenant") if name in request.args}
    return oidc.authorize_redirect(url_for("callback", _external=True), **hint)


@app.get("/start")
def start():
    """initiate_login_uri: the user clicked the application in the workbench."""
    if request.args.get("iss") != oidc.load_server_metadata()["issuer"]:
        return page(400, problem="Somebody else's login was started here.")
    target = urlsplit(request.args.get("target_link_uri", ""))
    # Only a path of this application: else a stranger's link would lead anywhere after the login.
    ours = f"{target.scheme}://{target.netloc}/" == request.host_url and not target.path.startswith("//")
    session["then"] = target.path if ours and target.path else "/"
    hint = {"login_hint": request.args["login_hint"]} if "login_hint" in request.args else {}
    return oidc.authorize_redirect(url_for("callback", _external=True), **hint)


@app.get("/callback")
def callback():
    try:
        # Authlib compares state and nonce, redeems the code, and checks the ID token's signature, issuer, audience and times.
        token = oidc.authorize_access_token()
    except OAuthError as error:
        # Expired, used, refused, or a second click: say so and let the user decide. Starting again by itself could go on for ever.
        return page(400, problem=f"The login failed: {error.error} {error.description or ''}")
    session.permanent = True
    session["user"] = {**token["userinfo"], **oidc.userinfo(token=token)}
    session["id_token"] = token["id_token"]
    return redirect(session.pop("then", "/"))


@app.get("/logout")
def logout():
    """Ends the session here, then at the tenant."""
    session.pop("user", None)
    hint = {"id_token_hint": session.pop("id_token")} if "id_token" in session else {"client_id": oidc.client_id}
    back = url_for("home", _external=True)
    return redirect(
        oidc.load_server_metadata()["end_session_endpoint"] + "?" + urlencode({**hint, "post_logout_redirect_uri": back})
    )


if __name__ == "__main__":
    app.run(os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "5000")))
