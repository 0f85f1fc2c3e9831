"""The applications that log in: each with a stock library, started as its developer starts it."""

import json
import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlencode

from browser import Failed, Page
from world import Client

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parent.parent / "examples"
APACHE_MODULES = "/usr/lib/apache2/modules"


class Application(Client):
    """One that shows the claims of the user in `<pre id="claims">` of its first page."""

    def command(self, world):
        raise NotImplementedError

    def environment(self, world):
        return {
            "OIDC_DISCOVERY_URL": f"{world.issuer}/.well-known/openid-configuration",
            "OIDC_CLIENT_ID": self.name,
            "OIDC_CLIENT_SECRET": self.secret,
            "OWN_URL": self.origin,
            "PORT": str(self.port),
        }

    def run(self, world):
        self.process = world.start(self.name, self.command(world), self.port, self.environment(world))

    def login_url(self, tenant=None):
        return self.url(self.login) + (f"?login_hint={tenant}" if tenant else "")

    def claims(self, browser):
        """What the application knows of its user; None where nobody is logged in."""
        shown = browser.go(self.url(self.home)).texts.get("claims")
        return json.loads(shown) if shown else None

    def is_here(self, page):
        return page.url.startswith(self.origin)


class Flask(Application):
    def as_configured(self, koogallery):
        """Its entry and its secret are made as docs/login.md says."""
        usual = super().as_configured(koogallery)
        command = [koogallery, "login", "client", self.name, "--app-id", usual["app_id"]]
        command += ["--redirect-uri", *usual["redirect_uris"], "--post-logout-redirect-uri", *usual["post_logout_redirect_uris"]]
        command += ["--initiate-login-uri", usual["initiate_login_uri"]]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        self.secret = next(line.strip() for line in told.splitlines() if line.startswith("  "))
        return {**json.loads(told[told.index("{") :]), **self.entry}

    def command(self, _):
        return [sys.executable, EXAMPLES / "login-flask/app.py"]


class Pyoidc(Application):
    def command(self, _):
        return [sys.executable, HERE / "clients/pyoidc.py"]


class Node(Application):
    """`.mjs` finds its packages only beside itself: run.sh puts it there."""

    def command(self, _):
        return ["node", Path(os.environ["LOGIN_NODE"]) / self.program]


class Express(Node):
    program = "express/app.mjs"


class Passport(Node):
    program = "passport.mjs"


class Apache(Application):
    """A private Apache with mod_auth_openidc."""

    def run(self, world):
        # Apache that root begins serves pages as another user, whom the folder of the checkout may be closed to.
        folder = Path(world.closing.enter_context(tempfile.TemporaryDirectory(prefix="login-apache-")))
        folder.chmod(0o755)
        (folder / "pages/private").mkdir(parents=True)
        (folder / "pages/index.html").write_text("<!doctype html><title>Apache</title>public")
        (folder / "pages/private/index.shtml").write_text(
            '<!doctype html><title>Apache</title><p id="user"><!--#echo var="REMOTE_USER" --></p>'
        )
        words = {
            "FOLDER": folder,
            "LOG": world.folder / "apache.error.log",
            "MODULES": APACHE_MODULES,
            "PASSPHRASE": secrets.token_hex(16),
            "CLIENT_SECRET": self.secret,
        }
        words |= {"ISSUER": world.issuer, "PORT": self.port}
        configuration = (HERE / "clients/httpd.conf").read_text()
        for word, value in words.items():
            configuration = configuration.replace(word, str(value))
        (folder / "httpd.conf").write_text(configuration)
        self.process = world.start(self.name, ["apache2", "-d", folder, "-f", folder / "httpd.conf", "-DFOREGROUND"], self.port)

    def login_url(self, tenant=None):
        if tenant is None:
            return self.url("/private/")
        # Apache is told a tenant only as OpenID Connect's third-party initiated login tells it.
        return (
            self.url(self.start)
            + "?"
            + urlencode({"iss": self.issuer, "login_hint": tenant, "target_link_uri": self.url("/private/")})
        )

    def claims(self, browser):
        answer = browser.ask(self.url("/private/oidc?info=json"))
        if answer.status_code == 401:
            return None
        found = answer.json()
        page = Page(browser.ask(self.url("/private/")), "")
        if page.texts.get("user") != found["userinfo"]["preferred_username"]:
            raise Failed(f"REMOTE_USER is not the login name: {page.shown()}")
        return {**found["id_token"], **found["userinfo"]}


def application(name):
    return {
        "flask": lambda: Flask("flask"),
        "express": lambda: Express("express", entry={"id_token_signed_response_alg": "ES256"}),
        "passport": lambda: Passport("passport"),
        "pyoidc": lambda: Pyoidc("pyoidc", home="/", after_logout="/logout"),
        "apache": lambda: Apache("apache", callback="/private/oidc", start="/private/oidc", logout=None),
        "flask-cas": lambda: Flask("flask-cas", entry={"identity_protocol": "cas"}),
    }[name]()
