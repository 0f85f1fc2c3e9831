"""An application with Flask-pyoidc, which lacks third-party initiated login and a login_hint for each request: here they are."""

import collections.abc
import json
import os
from urllib.parse import urlsplit

import flask
import markupsafe
from flask_pyoidc import OIDCAuthentication
from flask_pyoidc.provider_configuration import ClientMetadata, ProviderConfiguration
from flask_pyoidc.user_session import UserSession


class OfThisRequest(collections.abc.Mapping):
    """The parameters of a login: the tenant that this request names is one of them."""

    def named(self):
        hint = flask.request.args.get("login_hint") if flask.has_request_context() else None
        return {"scope": ["openid", "profile", "email", "phone"], **({"login_hint": hint} if hint else {})}

    def __getitem__(self, name):
        return self.named()[name]

    def __iter__(self):
        return iter(self.named())

    def __len__(self):
        return len(self.named())


own = os.environ["OWN_URL"]
issuer = os.environ["OIDC_DISCOVERY_URL"].removesuffix("/.well-known/openid-configuration")
app = flask.Flask(__name__)
app.config.update(
    OIDC_REDIRECT_URI=f"{own}/callback",
    SECRET_KEY=os.urandom(32),
    SESSION_COOKIE_NAME="login_pyoidc",
    SERVER_NAME=urlsplit(own).netloc,
)
client = ClientMetadata(
    client_id=os.environ["OIDC_CLIENT_ID"],
    client_secret=os.environ["OIDC_CLIENT_SECRET"],
    post_logout_redirect_uris=[f"{own}/logout"],
)
auth = OIDCAuthentication(
    {"koogallery": ProviderConfiguration(issuer=issuer, client_metadata=client, auth_request_params=OfThisRequest())}, app
)


@app.get("/")
def home():
    claims = {**flask.session["id_token"], **flask.session["userinfo"]} if flask.session.get("id_token") else None
    shown = f'<pre id="claims">{markupsafe.escape(json.dumps(claims))}</pre>'
    return f"<!doctype html><title>pyoidc</title>{shown if claims else ''}", 200, {"Cache-Control": "no-store"}


@app.get("/login")
@auth.oidc_auth("koogallery")
def login():
    return flask.redirect("/")


@app.get("/start")
def start():
    if flask.request.args.get("iss") != issuer:
        return "another issuer", 400
    # The user of the workbench may be another one than whoever is logged in here.
    UserSession(flask.session, "koogallery").clear()
    return flask.redirect(flask.url_for("login", login_hint=flask.request.args.get("login_hint")))


@app.get("/logout")
@auth.oidc_logout
def logout():
    return flask.redirect("/")


@auth.error_view
def failed(error=None, error_description=None):
    return f'<!doctype html><p id="problem">{error}</p>', 400


app.run("127.0.0.1", int(urlsplit(own).port))
