"""The OpenID Foundation's tests of a logout that the application begins: RP-Initiated Logout OP."""

import base64
from urllib.parse import parse_qs, urlencode, urlsplit

from browser import Browser, Page
from party import module
from world import check


def log_out(party, method="get", browser=None, **parameters):
    browser = browser or Browser()
    wanted = party.client.url(party.client.after_logout)
    parameters = {name: value for name, value in parameters.items() if value is not None}
    address = party.document["end_session_endpoint"]
    if method == "post":
        return browser.go(address, "post", parameters, until=wanted)
    return browser.go(f"{address}?{urlencode(parameters)}", until=wanted)


def usual_logout(party, browser=None, **changes):
    told, _ = party.logged_in(browser=browser)
    usual = {
        "id_token_hint": told["id_token"],
        "post_logout_redirect_uri": party.client.url(party.client.after_logout),
        "state": "a state & more",
    }
    return {**usual, **changes}


def is_refused(page, *reasons):
    is_page = isinstance(page, Page)
    check(
        "a page says that it is refused",
        is_page and page.status == 400 and page.reason in reasons,
        page.shown() if is_page else page,
    )


@module
def rp_initiated_logout_discovery_endpoint_verification(party):
    check("the place is told", party.document["end_session_endpoint"] == f"{party.world.issuer}/logout")


@module
def rp_initiated_logout(party):
    for method in ("get", "post"):
        browser = Browser()
        came = log_out(party, method, browser, **usual_logout(party, browser))
        check("the browser comes to the client", isinstance(came, str), came)
        check("with the state", parse_qs(urlsplit(came).query) == {"state": ["a state & more"]}, came)
        page = party.begin(browser)
        check("the session at the tenant is over", isinstance(page, Page) and page.login_form, page)


@module
def rp_initiated_logout_bad_post_logout_redirect_uri(party):
    is_refused(log_out(party, **usual_logout(party, post_logout_redirect_uri="https://example.com/")), "invalid_redirect_uri")


@module
def rp_initiated_logout_query_added_to_post_logout_redirect_uri(party):
    wanted = party.client.url(party.client.after_logout) + "?a=b"
    is_refused(log_out(party, **usual_logout(party, post_logout_redirect_uri=wanted)), "invalid_redirect_uri")


@module
def rp_initiated_logout_modified_id_token_hint(party):
    usual = usual_logout(party)
    head, body, signature = usual["id_token_hint"].split(".")
    changed = ("A" if signature[5] != "A" else "B").join((signature[:5], signature[6:]))
    is_refused(log_out(party, **{**usual, "id_token_hint": f"{head}.{body}.{changed}"}), "invalid_request", "invalid_client")
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    is_refused(log_out(party, **{**usual, "id_token_hint": f"{none}.{body}."}), "invalid_request", "invalid_client")


@module
def rp_initiated_logout_no_id_token_hint(party):
    usual = usual_logout(party, id_token_hint=None)
    is_refused(log_out(party, **usual), "invalid_client", "invalid_request")
    came = log_out(party, **usual, client_id=party.client.name)
    check("client_id is enough to come back", isinstance(came, str), came)


@module
def rp_initiated_logout_no_params(party):
    page = log_out(party)
    check(
        "a page says that one is logged out", isinstance(page, Page) and page.status == 200 and page.reason == "logged_out", page
    )


@module
def rp_initiated_logout_no_post_logout_redirect_uri(party):
    usual = usual_logout(party, post_logout_redirect_uri=None, state=None)
    page = log_out(party, **usual)
    check(
        "the browser is not sent to the client",
        isinstance(page, Page) and page.status == 200 and page.reason == "logged_out",
        page,
    )


@module
def rp_initiated_logout_no_state(party):
    came = log_out(party, **usual_logout(party, state=None))
    check("no state comes", isinstance(came, str) and not urlsplit(came).query, came)


@module
def rp_initiated_logout_only_state(party):
    page = log_out(party, state="a state")
    check(
        "a page says that one is logged out", isinstance(page, Page) and page.status == 200 and page.reason == "logged_out", page
    )
