"""What a login needs on one machine: `koogallery serve`, `koogallery identity` in the place of the tenants, an application."""

import base64
import contextlib
import hashlib
import json
import os
import secrets
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

from browser import Failed

PATIENCE_SECONDS = 60
APP_ID = "a-1"
REVOKES, GRANTS = 3, 1
LOCAL_TEST_KEY = Path(__file__).resolve().parent.parent.parent / "local/src/local_test_key.pem"


@dataclass(frozen=True)
class User:
    """A person at the simulated identity service, and what authSync and userinfo say of the person."""

    tenant: str
    user_name: str
    password: str
    name: str
    role: str
    org_code: str
    email: str = None
    mobile: str = None
    # How much userinfo says: everything but userName may be missing there.
    tells: str = "all"

    @property
    def instance(self):
        """The id that `koogallery identity` gives to what the tenant bought."""
        return f"b-{self.tenant}-{APP_ID}"

    def as_known(self):
        """The person in the file of `koogallery identity --tenants`."""
        told = {"userName": self.user_name, "password": self.password, "name": self.name, "role": self.role, "tells": self.tells}
        return {**told, "organizationCode": self.org_code, "email": self.email, "mobile": self.mobile}

    def as_synced(self, enable="true"):
        personal = {"email": self.email, "mobile": self.mobile}
        told = {"userName": self.user_name, "name": self.name, "orgCode": self.org_code, "role": self.role, "enable": enable}
        return {**told, **{name: value for name, value in personal.items() if value}}


ANN = User("t-1", "ann", "password of ann", "Ann", "admin", "o1", "ann@example.com", "13800000000")
BEN = User("t-1", "ben", "password of ben", "Ben", "user", "o1", tells="userName")
CLEO = User("t-2", "cleo", "password of cleo", "Cleo 李", "user", "o2", tells="sample")

checked = 0


def check(what, is_so, shown=""):
    global checked
    checked += 1
    if not is_so:
        raise Failed(f"{what}\n{shown}")


def said(title, before=[0]):
    print(f"ok  {title} ({checked - before[0]} checks)", flush=True)
    before[0] = checked


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def is_open(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def until(what, is_so, process=None):
    """Waits for what has to come."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not (value := is_so()):
        if process is not None and process.poll() is not None:
            raise Failed(f"{what} did not come: the process ended with {process.returncode}")
        if time.monotonic() > end:
            raise Failed(f"{what} did not come within {PATIENCE_SECONDS} s")
        time.sleep(0.02)
    return value


@dataclass
class Client:
    """An application as the provider knows it, and how to reach its pages."""

    name: str
    host: str = "localhost"
    callback: str = "/callback"
    start: str = "/start"
    home: str = "/"
    after_logout: str = "/"
    login: str = "/login"
    logout: str = "/logout"
    entry: dict = field(default_factory=dict)
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    port: int = field(default_factory=free_port)

    @property
    def origin(self):
        return f"http://{self.host}:{self.port}"

    def url(self, path):
        return self.origin + path

    def as_configured(self, _):
        public = self.entry.get("token_endpoint_auth_method") == "none"
        found = {
            "client_id": self.name,
            "app_id": APP_ID,
            "redirect_uris": [self.url(self.callback)],
            "post_logout_redirect_uris": [self.url(self.after_logout)],
            "initiate_login_uri": self.url(self.start),
            **({} if public else {"client_secret_sha256": hashlib.sha256(self.secret.encode()).hexdigest()}),
        }
        return {name: value for name, value in {**found, **self.entry}.items() if value is not None}


class World:
    """The provider and the tenants. What it starts ends with it."""

    def __init__(self, koogallery, folder, clients, certificate=None, authority=None):
        """With a certificate (`x.pem`, its key beside it as `x.key`) of an authority the provider speaks TLS, and no tenant runs."""
        self.koogallery, self.folder, self.clients = koogallery, folder, clients
        self.processes, self.closing = [], contextlib.ExitStack()
        folder.mkdir(parents=True, exist_ok=True)
        self.port, self.identity_port = free_port(), free_port()
        self.address = f"{'https' if certificate else 'http'}://127.0.0.1:{self.port}"
        self.identity, self.issuer = f"http://127.0.0.1:{self.identity_port}", f"{self.address}/login"
        # What is set where the test runs shall not change it.
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("KOOGALLERY_", "DYNAMODB_", "OIDC_"))}
        local = {"NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"}
        self.environment = {**clean, **local, "PYTHONDONTWRITEBYTECODE": "1"}
        configured = {
            "KOOGALLERY_OIDC_CLIENTS": json.dumps([client.as_configured(koogallery) for client in clients]),
            "KOOGALLERY_UNIFIED_LOGIN_URL": f"{self.identity}/unified-login/#/portal-login",
        }
        serve = [koogallery, "serve", "--listen", f"127.0.0.1:{self.port}"]
        try:
            if certificate:
                self.environment["SSL_CERT_FILE"] = str(authority)
                configured["KOOGALLERY_LOGIN_ISSUER"] = self.issuer
                serve += ["--tls-certificate", certificate, "--tls-key", certificate.with_suffix(".key")]
            self.start("serve", serve, self.port, configured)
            if not certificate:
                identity = [koogallery, "identity", "--listen", f"127.0.0.1:{self.identity_port}", "--to", f"{self.address}/"]
                self.start("identity", [*identity, "--tenants", self.tenants()], self.identity_port)
                until("what the seller is told", lambda: "Ctrl-C ends it." in self.log("identity"), self.processes[-1])
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def start(self, name, command, port, environment=(), folder=None):
        log = self.closing.enter_context((self.folder / f"{name}.log").open("wb"))
        process = subprocess.Popen(
            [str(part) for part in command], env={**self.environment, **dict(environment)}, stdout=log, stderr=log, cwd=folder
        )
        self.processes.append(process)
        try:
            until(name, lambda: is_open(port), process)
        except Failed as failed:
            raise Failed(f"{failed}\n{self.log(name)}") from None
        return process

    def tenants(self):
        """The file of the tenants, with the applications and the people there."""

        def tenant(name, people):
            application = {
                "appId": APP_ID,
                "name": "The application",
                "clientId": f"client-{name}",
                "clientSecret": f"secret-{name}",
                "callback": f"{self.issuer}/callback",
                "casCallback": f"{self.issuer}/callback/cas",
            }
            known = [user.as_known() for user in people]
            return {
                "tenantId": name,
                "tenantCode": f"code-{name}",
                "name": "例 Ltd",
                "applications": [application],
                "users": known,
            }

        file = self.folder / "tenants.json"
        file.write_text(json.dumps([tenant("t-1", [ANN, BEN]), tenant("t-2", [CLEO])]))
        return file

    def log(self, name):
        return (self.folder / f"{name}.log").read_text(errors="replace")[-3000:]

    def close(self):
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.closing.close()

    def call(self, activity, **members):
        """Has KooGallery call the seller: what is no text goes as JSON."""
        texts = [
            f"{name}={value}" if isinstance(value, str) else f"{name}:={json.dumps(value)}" for name, value in members.items()
        ]
        command = [self.koogallery, "call", activity, "--to", f"{self.address}/", *texts]
        ran = subprocess.run(command, env=self.environment, capture_output=True, text=True)
        if ran.returncode != 0:
            raise Failed(f"call {activity} {' '.join(texts)}\n{ran.stdout}{ran.stderr}")

    def sync_user(self, user, flag, instance=None, enable="true"):
        """authSync of one user: flag 1 grants, 2 changes, 3 revokes."""
        self.call(
            "authSync",
            instanceId=instance or user.instance,
            tenantId=user.tenant,
            appId=APP_ID,
            flag=flag,
            userList=[user.as_synced(enable)],
        )

    def bind(self, user, instance, domain):
        """The user's tenant has an instance of the application, which the user is granted."""
        of = {"instanceId": instance, "tenantId": user.tenant}
        self.call("newInstance", orderId=f"CS-{instance}", orderLineId=f"CS-{instance}-000001", businessId=instance)
        self.call("tenantSync", **of, tenantCode=f"code-{user.tenant}", name="例 Ltd", domainName=domain, flag=GRANTS)
        secret = {"clientId": f"client-{user.tenant}", "clientSecret": self.encrypted(f"secret-{user.tenant}")}
        self.call("applicationSync", **of, appId=APP_ID, flag=GRANTS, **secret)
        self.sync_user(user, GRANTS, instance)

    def encrypted(self, client_secret):
        """As KooGallery encrypts a client secret for the seller, whose key here is the local test key."""
        key = serialization.load_pem_private_key(LOCAL_TEST_KEY.read_bytes(), None).public_key()
        sha256 = hashes.SHA256()
        sealed = key.encrypt(client_secret.encode(), padding.OAEP(padding.MGF1(sha256), sha256, None))
        return base64.b64encode(sealed).decode()

    def domain(self, tenant):
        return f"{self.identity}/identity/{tenant}"

    def log_in(self, browser, page, user, password=None, until=None):
        """Fills in the tenant's login page, or KooGallery's."""
        form = page.login_form
        check("there is a login page", form, page.shown())
        account = next(one for one in form["fields"] if one.get("type", "text") in ("text", "email", "tel"))
        secret = next(one for one in form["fields"] if one.get("type") == "password")
        typed = {account["name"]: user.user_name, secret["name"]: password or user.password}
        return browser.submit(form, typed, form["buttons"][0] if form["buttons"] else None, until=until)

    def unified_page(self, browser, page):
        """Does what the script of the unified login page does: its parameters are in the fragment."""
        check("the way leads to the unified login page", page.url.startswith(f"{self.identity}/unified-login/"), page.shown())
        check("with the application in its fragment", page.fragment == f"/portal-login?ind=UNOP&appId={APP_ID}", page.fragment)
        if page.login_form:
            return page
        return browser.submit(page.forms[0], {"appId": APP_ID})

    def enter_workbench(self, browser, user):
        """Logs in at the workbench and clicks the application there."""
        page = browser.go(f"{self.identity}/workbench")
        if page.login_form:
            page = self.log_in(browser, page, user)
        arrival = next((link for link in page.hrefs if f"appId={APP_ID}" in link), None)
        check("the workbench shows the application", arrival, page.shown())
        return browser.go(arrival)
