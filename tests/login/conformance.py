"""The OpenID Foundation's tests that apply here, asked over HTTP, and what their lists do not ask.

Each test has the name of the module of the Foundation's suite, with `_` for `-` and without `oidcc-`. docs/login-conformance.md is
the table of them, which is compared with the tests.
"""

import time
from urllib.parse import parse_qs, urlsplit

import basic_op
import logout_op  # noqa: F401 - its tests are in TESTS
import requests
from basic_op import CHALLENGE, VERIFIER
from browser import Browser, Page
from party import TESTS, Party
from world import ANN, CLEO, GRANTS, REVOKES, Client, World, check, said


def others(party, second, public):
    """Clients that want what is another's, or cannot show what is theirs."""
    code = party.answered()["code"]
    party.not_redeemed("invalid_grant", code, client=second)
    check("another client's try takes nothing from the right one", party.redeemed(code).status_code == 200)
    wrong = Client(party.client.name, port=party.client.port)
    for by in ("basic", "post"):
        party.not_redeemed("invalid_client", "x", 401, by=by, client=wrong)
    party.not_redeemed("invalid_client", "x", 401, by="none")
    party.not_redeemed("invalid_client", "x", 401, client=Client("nobody", port=party.client.port))
    party.not_redeemed("invalid_client", "x", 401, by="post", client=public)
    party.not_redeemed("invalid_grant", "x")
    party.not_redeemed("invalid_request", None)
    party.not_redeemed("unsupported_grant_type", "x", grant_type="password")
    party.not_redeemed("invalid_request", "x", grant_type=None)
    party.not_redeemed("invalid_grant", party.answered()["code"], redirect_uri="https://example.com/")
    party.not_redeemed("invalid_request", party.answered()["code"], redirect_uri=None)
    for change in ({"response_type": "token"}, {"response_type": "id_token"}, {"response_type": "code id_token"}):
        party.refused("unsupported_response_type", **change)
    party.refused("invalid_request", response_mode="form_post")
    party.refused("invalid_scope", scope="profile")
    party.refused("invalid_scope", scope=None)
    get = requests.get(party.document["token_endpoint"], timeout=30)
    check("a code is redeemed by POST only", get.status_code == 405, get.text)
    form = "application/x-www-form-urlencoded"
    for body, kind, status in ((b"{}", "application/json", 400), (b"a=\xff", form, 400), (b"a=" + b"x" * 100_000, form, 413)):
        answer = requests.post(party.document["token_endpoint"], data=body, headers={"Content-Type": kind}, timeout=30)
        is_told = answer.status_code == status and answer.json()["error"] == "invalid_request"
        check("what is no form is told as JSON", is_told, answer.text)


def public_client(party):
    party.refused("invalid_request")
    asked = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    party.logged_in(by="none", form={"code_verifier": VERIFIER}, **asked)
    party.not_redeemed("invalid_grant", party.answered(**asked)["code"], by="none", code_verifier="x" * 43)
    party.not_redeemed("invalid_grant", party.answered(**asked)["code"], by="none")


def revoked_while_choosing(party):
    """The page where one of two instances is chosen may be open for minutes."""
    world = party.world
    world.bind(CLEO, "b-3", world.domain(CLEO.tenant))
    for revoked, enters in (([CLEO.instance, "b-3"], None), (["b-3"], CLEO.instance)):
        browser = Browser()
        page = world.log_in(browser, party.begin(browser, login_hint=CLEO.tenant), CLEO)
        choice = next(form for form in page.forms if form["id"] == "choose")
        check(
            "both instances can be chosen",
            {button["value"] for button in choice["buttons"]} == {CLEO.instance, "b-3"},
            page.shown(),
        )
        for instance in revoked:
            world.sync_user(CLEO, REVOKES, instance)
        button = next(button for button in choice["buttons"] if button["value"] == (enters or "b-3"))
        came = browser.submit(choice, {}, button, until=party.redirect_uri)
        check("who was revoked meanwhile does not enter", isinstance(came, str) == bool(enters), came)
        check("and is told why", enters or came.reason == "not_granted", came)
        for instance in revoked:
            world.sync_user(CLEO, GRANTS, instance)


def unbound_while_logging_in(party):
    """The tenant's binding ends while its user types the password."""
    world, browser = party.world, Browser()
    page = party.begin(browser, login_hint=CLEO.tenant)
    of = {"tenantId": CLEO.tenant, "tenantCode": f"code-{CLEO.tenant}", "name": "例 Ltd", "domainName": world.domain(CLEO.tenant)}
    for instance in (CLEO.instance, "b-3"):
        world.call("tenantSync", instanceId=instance, flag=0, **of)
    came = world.log_in(browser, page, CLEO, until=party.redirect_uri)
    check("nobody of an unbound tenant enters", isinstance(came, Page), came)
    check("and is told why", came.reason == "tenant_unknown", came.shown())


def forged_returns(party):
    """What a stranger can make a browser bring to the callback."""
    world = party.world
    for query in (
        "",
        "?code=x",
        "?state=x",
        "?code=x&state=unknown",
        "?error=access_denied",
        "?code=x&tenant=t-unknown",
        "?tenant=../x&code=x",
    ):
        page = Browser().go(f"{world.issuer}/callback{query}", until="http://never")
        check(f"/callback{query} ends at a page", page.status in (400, 403) and page.reason, page.shown())
    for query in ("", "?ticket=ST-x"):
        page = Browser().go(f"{world.issuer}/callback/cas{query}")
        check(f"/callback/cas{query} ends at a page", page.status in (400, 403) and page.reason, page.shown())
    # A code that somebody else's login got does not log this browser in.
    theirs = Browser()
    page = party.begin(theirs)
    stolen = world.log_in(theirs, page, ANN, until=f"{world.issuer}/callback")
    check("their login comes back", isinstance(stolen, str), stolen)
    page = Browser().go(stolen)
    check(
        "another browser gets nothing from it", page.status == 400 and page.reason in ("flow_expired", "flow_used"), page.shown()
    )
    # The same code, beside a flow that this browser began for itself.
    mine = Browser()
    party.begin(mine)
    page = mine.go(stolen)
    check("nor with a flow of its own", page.status == 400 and page.reason in ("flow_expired", "flow_used"), page.shown())
    code = parse_qs(urlsplit(stolen).query)["code"][0]
    started = Browser().go(f"{world.issuer}/callback?code={code}&tenant={ANN.tenant}", until=party.client.origin)
    check(
        "as an arrival it only starts a login",
        isinstance(started, str) and started.startswith(party.client.url(party.client.start)),
        started,
    )
    asked = parse_qs(urlsplit(started).query)
    check("the application is told who asks, and no code", asked["iss"] == [world.issuer] and "code" not in asked, asked)
    check("the hint does not show the tenant", ANN.tenant not in asked["login_hint"][0], asked)
    # The code is still good: nobody redeemed it.
    came = theirs.go(stolen, until=party.redirect_uri)
    check("the code was not redeemed meanwhile", isinstance(came, str) and "code" in parse_qs(urlsplit(came).query), came)
    page = theirs.go(stolen)
    check("a second time it does nothing", page.reason in ("flow_used", "flow_expired"), page.shown())


def several_applications(koogallery, folder):
    """Who comes from the workbench chooses, where the seller has several clients for an application."""
    clients = [Client("first", entry={"client_name": "First <b>"}), Client("second")]
    with World(koogallery, folder / "applications", clients) as world:
        browser = Browser()
        page = world.enter_workbench(browser, ANN)
        starts = {
            client.name: [link for link in page.hrefs if link.startswith(client.url(client.start) + "?")] for client in clients
        }
        check("each can be chosen", page.status == 200 and all(len(links) == 1 for links in starts.values()), page.shown())
        check("names are text", "First &lt;b&gt;" in page.text, page.shown())
        asked = parse_qs(urlsplit(starts["second"][0]).query)
        check("the application is told who asks, and for what", asked["iss"] == [world.issuer] and asked["login_hint"], asked)
        party = Party(world, clients[1])
        check("the hint leads on without a password", party.answered(browser=browser, login_hint=asked["login_hint"][0])["code"])
        trail = [url for url in browser.trail if "/identity/" in url and "/login?" in url]
        check("no page was shown on the way", not trail, trail)


def run(koogallery, folder, table):
    """All of it. `table` is the text of docs/login-conformance.md."""
    rows = {line.split("`")[1] for line in table.splitlines() if line.startswith("| `oidcc-")}
    check("docs/login-conformance.md has each test, and no other", rows == set(TESTS), rows ^ set(TESTS))
    clients = [
        Client("first", home="/", after_logout="/logged-out"),
        Client("second", entry={"id_token_signed_response_alg": "ES256"}),
        Client("public", entry={"token_endpoint_auth_method": "none"}),
    ]
    # From the workbench one application is meant, and not the user's choice between them.
    for client in clients[1:]:
        client.entry["initiate_login_uri"] = None
    with World(koogallery, folder / "conformance", clients) as world:
        party = Party(world, clients[0])
        code = party.answered()["code"]
        party.early = code, party.redeemed(code).json()["access_token"], time.monotonic()
        for name, test in sorted(TESTS.items(), key=lambda named: named[1] is basic_op.codereuse_30seconds):
            test(party)
            said(f"conformance: {name}")
        others(party, clients[1], clients[2])
        said("conformance: clients, codes and errors")
        public_client(Party(world, clients[2]))
        said("conformance: a public client")
        revoked_while_choosing(party)
        said("conformance: revoked while choosing")
        forged_returns(party)
        said("conformance: forged returns")
        _, claims = Party(world, clients[1]).logged_in()
        check("sub is the same at each client", claims["sub"] == party.logged_in()[1]["sub"])
        said("conformance: ES256")
        unbound_while_logging_in(party)
        said("conformance: unbound while logging in")
    several_applications(koogallery, folder)
    said("conformance: several applications")
