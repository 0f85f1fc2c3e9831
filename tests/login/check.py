"""Has stock OpenID Connect clients log in by a real host: `python3 check.py KOOGALLERY FOLDER [PART…]`.

A part is a client: flask, express, passport, pyoidc, apache; or openidconnect, cas, console, tls, browser, conformance. FOLDER keeps the logs. Each
client:

1. logs in with the tenant named, and by KooGallery's unified login page; its claims are compared with what KooGallery synced;
2. is entered from the workbench, whose own code is never redeemed;
3. logs out here and at the tenant;
4. does not get in whom authSync never granted, and whom it revoked, at the next login.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import conformance
import tls
from applications import HERE, application
from browser import CHINESE, ENGLISH, Browser, Failed
from world import ANN, APP_ID, BEN, CLEO, GRANTS, REVOKES, Client, World, check, said

CLIENTS = ("flask", "express", "passport", "pyoidc", "apache")


def expect_claims(world, app, user, found):
    """The claims are what KooGallery synced and the tenant says, and nothing else of the person."""
    check(f"{app.name} knows its user", found, "nobody is logged in")
    expected = {
        "iss": world.issuer,
        "preferred_username": user.user_name,
        "name": user.name,
        "tenant_id": user.tenant,
        "instance_id": user.instance,
        "app_id": APP_ID,
        "role": user.role,
        "org_code": user.org_code,
        "email": user.email,
        "phone_number": user.mobile,
    }
    for claim, value in expected.items():
        check(f"the claim {claim} of {user.user_name} is {value}", found.get(claim) == value, json.dumps(found, indent=1))
    check("aud is the client", found["aud"] in (app.name, [app.name]), found["aud"])
    check(
        "sub tells neither tenant nor login name",
        len(found["sub"]) >= 20 and user.user_name not in found["sub"] and user.tenant not in found["sub"],
    )
    # iat stands half a minute back, for clocks that differ.
    check("iat and exp enclose now", found["iat"] <= time.time() < found["exp"], found)
    check("there is no nbf", "nbf" not in found, found)


def by_hint(world, app, user):
    browser = Browser()
    page = browser.go(app.login_url(user.tenant))
    check("a hint leads to the login page of the tenant", page.url.startswith(world.domain(user.tenant)), page.shown())
    page = world.log_in(browser, page, user)
    check("the login ends at the application", app.is_here(page) and page.status == 200, page.shown())
    found = app.claims(browser)
    expect_claims(world, app, user, found)
    return browser, found["sub"]


def by_unified_page(world, app, user, sub):
    browser = Browser()
    page = world.unified_page(browser, browser.go(app.login_url()))
    page = world.log_in(browser, page, user)
    check("the unified login page ends at the application", app.is_here(page) and page.status == 200, page.shown())
    found = app.claims(browser)
    expect_claims(world, app, user, found)
    check("sub is the same by both ways in", found["sub"] == sub, found["sub"])


def by_workbench(world, app, user, sub):
    """The code of the workbench goes nowhere: the application begins a login of its own, which the session there makes silent."""
    browser = Browser()
    page = world.enter_workbench(browser, user)
    check("the workbench leads into the application", app.is_here(page) and page.status == 200, page.shown())
    arrived = next(i for i, url in enumerate(browser.trail) if url.startswith(f"{world.issuer}/callback?"))
    way = browser.trail[arrived + 1 :]
    for step in (
        app.url(app.start),
        f"{world.issuer}/authorize",
        world.domain(user.tenant),
        f"{world.issuer}/callback?",
        app.url(app.callback),
    ):
        passed = next((i for i, url in enumerate(way) if url.startswith(step)), None)
        check(f"the way from the workbench passes {step}", passed is not None, "\n".join(browser.trail))
        way = way[passed + 1 :]
    expect_claims(world, app, user, app.claims(browser))
    check("sub is the same from the workbench", app.claims(browser)["sub"] == sub)
    return browser


def by_workbench_over_another(world, app, user, other):
    """Another user's session at the application gives way to whoever comes from the workbench."""
    browser, _ = by_hint(world, app, other)
    browser.go(f"{world.domain(other.tenant)}/api/v1/logout")
    world.enter_workbench(browser, user)
    check(
        "whoever comes from the workbench is logged in, and not who was before",
        app.claims(browser)["preferred_username"] == user.user_name,
    )


def log_out(world, app, browser, user):
    if app.logout is None:
        # mod_auth_openidc logs out at its redirect URI.
        page = browser.go(app.url(app.callback) + "?logout=" + quote(app.url(app.home), safe=""))
    else:
        page = browser.go(app.url(app.logout))
    check("the logout ends at the application", app.is_here(page) and page.status == 200, page.shown())
    passed = [url for url in browser.trail if url.startswith(f"{world.issuer}/logout")]
    check("it passes the provider", passed, browser.trail[-5:])
    check(
        "it passes the tenant",
        any(url.startswith(f"{world.domain(user.tenant)}/api/v1/logout") for url in browser.trail),
        browser.trail[-5:],
    )
    check("nobody is logged in any more", app.claims(browser) is None)
    page = browser.go(app.login_url(user.tenant))
    check("the tenant asks for the password again", page.login_form, page.shown())


def expect_refusal(page, reason, languages=("zh", "en")):
    check(f"the refusal is {reason}", page.reason == reason and page.status in (400, 403), page.shown())
    shown = [language[:2].lower() for language in page.languages if language[:2].lower() in languages]
    check(
        "it speaks both languages, the browser's first",
        shown[:1] == [languages[0]] and set(shown) == set(languages),
        page.shown(),
    )
    check(
        "nobody can frame, keep or be told of it",
        "frame-ancestors 'none'" in page.headers.get("Content-Security-Policy", "")
        and "no-store" in page.headers.get("Cache-Control", "")
        and page.headers.get("Referrer-Policy") == "no-referrer",
        page.headers,
    )


def refused(world, app, user, reason, language=CHINESE):
    browser = Browser(language)
    page = world.log_in(browser, browser.go(app.login_url(user.tenant)), user)
    expect_refusal(page, reason, ("en", "zh") if language == ENGLISH else ("zh", "en"))
    check("whom the provider refuses is nobody at the application", app.claims(browser) is None)


def revoked(world, app, user):
    """Who logged in a moment ago does not a moment after authSync revoked."""
    by_hint(world, app, user)
    world.sync_user(user, REVOKES)
    refused(world, app, user, "not_granted")
    refused(world, app, user, "not_granted", ENGLISH)
    world.sync_user(user, GRANTS)
    by_hint(world, app, user)
    world.sync_user(user, GRANTS, enable="false")
    refused(world, app, user, "disabled")
    world.sync_user(user, GRANTS)
    world.call("updateInstanceStatus", instanceId=user.instance, status="FREEZE")
    refused(world, app, user, "no_active_instance")
    world.call("updateInstanceStatus", instanceId=user.instance, status="UNFREEZE")
    by_hint(world, app, user)


def client(koogallery, folder, name):
    app = application(name)
    with World(koogallery, folder / name, [app]) as world:
        app.issuer = world.issuer
        app.run(world)
        browser, sub = by_hint(world, app, ANN)
        _, other = by_hint(world, app, BEN)
        _, third = by_hint(world, app, CLEO)
        check("each user has a sub of the own", len({sub, other, third}) == 3)
        said(f"{name}: a login with the tenant named")
        log_out(world, app, browser, ANN)
        said(f"{name}: a logout")
        by_unified_page(world, app, ANN, sub)
        by_unified_page(world, app, CLEO, third)
        said(f"{name}: a login by the unified login page")
        by_workbench(world, app, ANN, sub)
        by_workbench_over_another(world, app, ANN, BEN)
        said(f"{name}: from the workbench")
        world.sync_user(BEN, REVOKES)
        refused(world, app, BEN, "not_granted")
        revoked(world, app, CLEO)
        said(f"{name}: not granted, revoked, disabled, frozen")


def cas(koogallery, folder):
    """python-cas before the simulated tenant, which shows that it speaks CAS 3.0; and Flask by a client that speaks CAS upstream."""
    app = application("flask-cas")
    with World(koogallery, folder / "cas", [app]) as world:
        app.run(world)
        service = f"{world.issuer}/callback/cas"
        server = f"{world.domain(ANN.tenant)}/api/v1/cas/"
        browser = Browser()
        page = browser.go(f"{server}login?service={quote(service, safe='')}")
        arrival = world.log_in(browser, page, ANN, until=service)
        check("CAS leads back with a ticket", isinstance(arrival, str), arrival)
        ticket = arrival.split("ticket=")[1]

        def asked():
            ran = subprocess.run(
                [sys.executable, HERE / "clients/python_cas.py", server, service, ticket],
                env=world.environment,
                capture_output=True,
                text=True,
            )
            check("python-cas gets an answer", ran.returncode == 0, ran.stderr)
            return json.loads(ran.stdout)

        found = asked()
        check("python-cas knows the user", found["user"] and found["attributes"].get("userName") == ANN.user_name, found)
        check("a ticket works once", asked()["user"] is None)
        said("cas: python-cas before the tenant's CAS 3.0")
        browser = Browser()
        page = world.log_in(browser, browser.go(app.login_url(ANN.tenant)), ANN)
        check("a login by CAS ends at the application", app.is_here(page) and page.status == 200, page.shown())
        check("and knows the user", app.claims(browser)["preferred_username"] == ANN.user_name)
        check("it went by CAS", any(url.startswith(f"{service}?ticket=ST-") for url in browser.trail), browser.trail)
        used = next(url for url in browser.trail if url.startswith(f"{service}?ticket=ST-"))
        again = browser.go(used)
        check("the ticket does nothing a second time", again.reason in ("flow_used", "flow_expired"), again.shown())
        world.sync_user(BEN, REVOKES)
        refused(world, app, BEN, "not_granted")
        said("cas: Flask, whose users log in by CAS")


def openidconnect(koogallery, folder):
    """The crate openidconnect, which says where a browser has to go and reads where it came to."""
    app = Client("rust")
    with World(koogallery, folder / "openidconnect", [app]) as world:
        told = {
            "OIDC_ISSUER": world.issuer,
            "OIDC_CLIENT_ID": app.name,
            "OIDC_CLIENT_SECRET": app.secret,
            "OIDC_REDIRECT_URI": app.url(app.callback),
            "OIDC_LOGIN_HINT": ANN.tenant,
        }
        ran = subprocess.Popen(
            [os.environ["LOGIN_RUST"]],
            env={**world.environment, **told},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        begin = ran.stdout.readline().strip()
        check("openidconnect reads the discovery document", begin.startswith(f"{world.issuer}/authorize?"), begin)
        browser = Browser()
        page = browser.go(begin, until=app.url(app.callback))
        arrival = world.log_in(browser, page, ANN, until=app.url(app.callback))
        check("the browser comes to the client", isinstance(arrival, str), arrival)
        out, problems = ran.communicate(arrival + "\n", timeout=60)
        check("openidconnect takes the ID token and the userinfo", ran.returncode == 0, problems)
        found = json.loads(out)
        check(
            "both tell the user, with the same subject",
            found["claims"]["preferred_username"] == ANN.user_name and found["claims"]["sub"] == found["userinfo"]["sub"],
            found,
        )
        said("openidconnect: the crate of Rust logs in")


def console(koogallery, folder):
    """Seller Console's test of the login: a tenant of debug calls, without an instance, whose account logs in for real."""
    app = application("flask")
    with World(koogallery, folder / "console", [app]) as world:
        app.run(world)
        tenant = {"tenantId": CLEO.tenant, "tenantCode": "console", "name": "Console", "domainName": world.domain(CLEO.tenant)}
        world.call("tenantSync", instanceId=CLEO.instance, flag=0, **tenant)
        page = Browser().go(app.url(app.login) + f"?tenant={CLEO.tenant}")
        expect_refusal(page, "tenant_unknown")
        debug = {"instanceId": "", "orderId": "", "flag": 1, "testFlag": 1}
        world.call("tenantSync", **debug, **tenant)
        secret = world.encrypted(f"secret-{CLEO.tenant}")
        debug.pop("orderId")
        client = {"tenantId": CLEO.tenant, "appId": APP_ID, "clientId": f"client-{CLEO.tenant}", "clientSecret": secret}
        world.call("applicationSync", **debug, **client)
        browser = Browser()
        page = world.log_in(browser, browser.go(app.login_url(CLEO.tenant)), CLEO)
        check("the test account gets in", app.is_here(page) and page.status == 200, page.shown())
        found = app.claims(browser)
        check("it says that it is a test", found["test"] is True and "instance_id" not in found, found)
        check(
            "it has the names that the tenant told",
            (found["preferred_username"], found["name"]) == (CLEO.user_name, CLEO.name),
            found,
        )
        said("console: a test account of Seller Console")


def in_a_browser(koogallery, folder):
    app = application("flask")
    with World(koogallery, folder / "browser", [app]) as world:
        app.run(world)
        world.sync_user(BEN, REVOKES)
        world.bind(CLEO, "b-3", world.domain(CLEO.tenant))
        told = {
            "issuer": world.issuer,
            "identity": world.identity,
            "app": {
                "id": APP_ID,
                "client_id": app.name,
                "origin": app.origin,
                "home": app.url(app.home),
                "login": app.url(app.login),
                "callback": app.url(app.callback),
            },
            **{user.user_name: vars(user) for user in (ANN, BEN, CLEO)},
        }
        command = ["node", str(Path(os.environ["LOGIN_NODE"]) / "login.mjs")]
        ran = subprocess.run(command, env={**world.environment, "WORLD": json.dumps(told)})
        check("the browser's checks pass", ran.returncode == 0)


def main(koogallery, folder, *parts):
    table = (HERE.parent.parent / "docs/login-conformance.md").read_text()
    others = {
        "tls": lambda: tls.run(koogallery, folder),
        "conformance": lambda: conformance.run(koogallery, folder, table),
        "openidconnect": lambda: openidconnect(koogallery, folder),
        "cas": lambda: cas(koogallery, folder),
        "console": lambda: console(koogallery, folder),
        "browser": lambda: in_a_browser(koogallery, folder),
    }
    for part in parts or (*CLIENTS, *others):
        others.get(part, lambda: client(koogallery, folder, part))()


if __name__ == "__main__":
    try:
        main(sys.argv[1], Path(sys.argv[2]).resolve(), *sys.argv[3:])
    except Failed as failed:
        raise SystemExit(f"FAILED: {failed}") from None
