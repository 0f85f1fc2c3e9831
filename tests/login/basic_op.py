"""The OpenID Foundation's tests of a provider: Config OP and Basic OP. What docs/login-conformance.md marks as not met is held here
too, as it is."""

import base64
import hashlib
import json
import time
from urllib.parse import urlencode, urlsplit

import requests
from joserfc import jws, jwt
from joserfc.errors import BadSignatureError

from browser import Browser, Page
from party import module
from world import ANN, check

# The example of RFC 7636, appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@module
def discovery_endpoint_verification(party):
    answer = requests.get(f"{party.world.issuer}/.well-known/openid-configuration", timeout=30)
    check(
        "it is JSON",
        answer.status_code == 200 and answer.headers["Content-Type"].split(";")[0] == "application/json",
        answer.text,
    )
    document = answer.json()
    check("the issuer is exactly the address before /.well-known", document["issuer"] == party.world.issuer, document)
    for name in ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "end_session_endpoint"):
        check(f"{name} is below the issuer", document[name].startswith(f"{party.world.issuer}/"), document)
    expected = {
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "code_challenge_methods_supported": ["S256"],
    }
    for name, value in expected.items():
        check(f"{name} is {value}", document[name] == value, document)
    check(
        "RS256 is there, and none is not", set(document["id_token_signing_alg_values_supported"]) == {"RS256", "ES256"}, document
    )
    methods = {"client_secret_basic", "client_secret_post", "none"}
    check("the ways to prove oneself", set(document["token_endpoint_auth_methods_supported"]) == methods, document)
    check("the scopes", set(document["scopes_supported"]) == {"openid", "profile", "email", "phone"}, document)
    check(
        "the claims",
        {"sub", "tenant_id", "instance_id", "app_id", "role", "preferred_username"} <= set(document["claims_supported"]),
    )
    # What is not there is said not to be: the default of request_uri_parameter_supported is true.
    for name in ("claims_parameter_supported", "request_parameter_supported", "request_uri_parameter_supported"):
        check(f"{name} is false", document.get(name) is False, document)
    check("iss comes with each answer", document["authorization_response_iss_parameter_supported"] is True)
    party.logged_in()
    keys = requests.get(document["jwks_uri"], timeout=30).json()["keys"]
    check("there are keys, each with an id of its own", keys and len({key["kid"] for key in keys}) == len(keys), keys)
    for key in keys:
        check("no key is private", not {"d", "p", "q", "k"} & set(key), sorted(key))
        check("each is for signatures", key["use"] == "sig" and key["alg"] in ("RS256", "ES256"), key)
        members = {"RSA": ("e", "kty", "n"), "EC": ("crv", "kty", "x", "y")}[key["kty"]]
        canonical = json.dumps({name: key[name] for name in members}, separators=(",", ":"), sort_keys=True)
        thumbprint = base64.urlsafe_b64encode(hashlib.sha256(canonical.encode()).digest()).rstrip(b"=").decode()
        check("the id is the thumbprint of RFC 7638", key["kid"] == thumbprint, key)
        if key["kty"] == "RSA":
            check("RSA keys have 2048 bits at least", len(base64.urlsafe_b64decode(key["n"] + "==")) >= 256)


@module
def server(party):
    told, claims = party.logged_in()
    check("there is no refresh token", "refresh_token" not in told, told)
    check("the tenant is a claim", claims["tenant_id"] == ANN.tenant, claims)


@module
def response_type_missing(party):
    party.refused("invalid_request", response_type=None)


@module
def idtoken_signature(party):
    told, _ = party.logged_in()
    keys = requests.get(party.document["jwks_uri"], timeout=30).json()["keys"]
    header = jws.extract_compact(told["id_token"].encode()).headers()
    key = [key for key in keys if key["kid"] == header["kid"]]
    check("exactly one published key has the id", len(key) == 1 and key[0]["alg"] == header["alg"], header)
    head, body, signature = told["id_token"].split(".")
    changed = json.loads(base64.urlsafe_b64decode(body + "=="))
    changed["sub"] += "x"
    forged = base64.urlsafe_b64encode(json.dumps(changed).encode()).rstrip(b"=").decode()
    try:
        jwt.decode(f"{head}.{forged}.{signature}", party.keys(), algorithms=["RS256"])
        is_verified = True
    except BadSignatureError:
        is_verified = False
    check("a changed token does not verify", not is_verified)


@module
def idtoken_unsigned(party):
    check("`none` is not offered", "none" not in party.document["id_token_signing_alg_values_supported"])


def asks_userinfo(party, by):
    told, claims = party.logged_in(scope="openid profile email phone")
    answer = party.userinfo(told["access_token"], by)
    check(f"userinfo answers ({by})", answer.status_code == 200, answer.text)
    check("as JSON", answer.headers["Content-Type"].split(";")[0] == "application/json")
    check("sub is that of the ID token", answer.json()["sub"] == claims["sub"], answer.text)
    for claim, value in {"name": ANN.name, "email": ANN.email, "phone_number": ANN.mobile}.items():
        check(f"{claim} is {value}", answer.json().get(claim) == value, answer.text)


@module
def userinfo_get(party):
    asks_userinfo(party, "get")
    for wrong in ("wrong", "", f"{'0' * 64}.x"):
        answer = party.userinfo(wrong)
        check("a wrong token gets 401 and no claim", answer.status_code == 401 and "sub" not in answer.text, answer.text)
        check("and is told the kind of token", answer.headers["WWW-Authenticate"].startswith("Bearer"), answer.headers)
    told, _ = party.logged_in()
    in_query = requests.get(party.document["userinfo_endpoint"], params={"access_token": told["access_token"]}, timeout=30)
    check("a token in an address, which logs keep, is not taken", in_query.status_code == 401, in_query.text)


@module
def userinfo_post_header(party):
    asks_userinfo(party, "post")


@module
def userinfo_post_body(party):
    asks_userinfo(party, "body")


@module
def ensure_request_without_nonce_succeeds_for_code_flow(party):
    _, claims = party.logged_in(nonce=None)
    check("no nonce comes", "nonce" not in claims, claims)


def of_scope(party, scope, there, missing):
    told, claims = party.logged_in(scope=scope)
    found = party.userinfo(told["access_token"]).json()
    for claim in there:
        check(f"{claim} is told for {scope}", found.get(claim), found)
    for claim in missing:
        check(f"{claim} is not told for {scope}", claim not in found and claim not in claims, found)
    check("the answer names no scope that was not asked for", set(told.get("scope", scope).split()) <= set(scope.split()), told)


@module
def scope_profile(party):
    of_scope(party, "openid profile", ["name", "preferred_username"], ["email", "phone_number"])


@module
def scope_email(party):
    of_scope(party, "openid email", ["email"], ["name", "phone_number"])


@module
def scope_address(party):
    """There is no address: the scope is ignored."""
    of_scope(party, "openid address", ["sub"], ["address", "email", "phone_number"])


@module
def scope_phone(party):
    of_scope(party, "openid phone", ["phone_number"], ["name", "email"])


@module
def scope_all(party):
    of_scope(party, "openid profile email address phone", ["name", "email", "phone_number"], ["address"])


@module
def alternate_happy_flow(party):
    """In the form, with what is seldom sent: another order of scopes, and a parameter that is empty."""
    party.logged_in(by="post", scope="email openid profile", display="", prompt="")


def is_ignored(party, **more):
    party.logged_in(**more)


@module
def display_page(party):
    is_ignored(party, display="page")


@module
def display_popup(party):
    is_ignored(party, display="popup")


@module
def prompt_login(party):
    """Who is logged in types the password again."""
    browser = Browser()
    _, first = party.logged_in(browser=browser)
    check("without it there is no second page", isinstance(party.begin(browser), str))
    page = party.begin(browser, prompt="login")
    check("with it there is", isinstance(page, Page) and page.login_form, page)
    _, second = party.logged_in(browser=browser, prompt="login")
    check(
        "it is the same user, not logged in earlier", second["sub"] == first["sub"] and second["auth_time"] >= first["auth_time"]
    )


@module
def prompt_none_not_logged_in(party):
    browser = Browser()
    party.refused("login_required", browser, prompt="none")
    check("no page was shown", not any(url.startswith(party.world.identity) for url in browser.trail), browser.trail)
    party.refused("invalid_request", prompt="none login")


@module
def prompt_none_logged_in(party):
    """Not met: there is no session here, and the tenant's login cannot be asked without showing itself."""
    browser = Browser()
    party.logged_in(browser=browser)
    party.refused("login_required", browser, prompt="none")


@module
def id_token_hint(party):
    """Not met, as prompt=none is not. With a hint and without prompt, the login goes on."""
    browser = Browser()
    told, first = party.logged_in(browser=browser)
    party.refused("login_required", browser, prompt="none", id_token_hint=told["id_token"])
    _, second = party.logged_in(browser=browser, id_token_hint=told["id_token"])
    check("sub is the same", first["sub"] == second["sub"])


@module
def max_age_1(party):
    browser = Browser()
    party.logged_in(browser=browser)
    page = party.begin(browser, max_age="1")
    check("the user is asked again", isinstance(page, Page) and page.login_form, page)
    party.logged_in(browser=browser, max_age="1")


@module
def max_age_10000(party):
    """Not met: the tenant does not tell when its user logged in, so with max_age the user is asked each time."""
    browser = Browser()
    _, first = party.logged_in(browser=browser, max_age="10000")
    _, second = party.logged_in(browser=browser, max_age="10000")
    check(
        "sub is the same, auth_time is not earlier", first["sub"] == second["sub"] and first["auth_time"] <= second["auth_time"]
    )


@module
def ensure_request_with_unknown_parameter_succeeds(party):
    is_ignored(party, extra="foobar")


@module
def login_hint(party):
    """A hint that names no tenant leads to KooGallery's login page."""
    browser = Browser()
    page = party.begin(browser, login_hint="buffy@example.com")
    party.world.unified_page(browser, page)


@module
def ui_locales(party):
    is_ignored(party, ui_locales="se")


@module
def claims_locales(party):
    is_ignored(party, claims_locales="se")


@module
def ensure_request_with_acr_values_succeeds(party):
    _, claims = party.logged_in(acr_values="1 2")
    check("no acr is made up", "acr" not in claims, claims)


@module
def codereuse(party):
    code = party.answered()["code"]
    told = party.redeemed(code).json()
    check("the token works", party.userinfo(told["access_token"]).status_code == 200)
    party.not_redeemed("invalid_grant", code)
    check("and not after a second use of its code", party.userinfo(told["access_token"]).status_code == 401)


@module
def codereuse_30seconds(party):
    """`conformance.py` has redeemed the code long before, and asks this last."""
    code, access_token, at = party.early
    time.sleep(max(0, at + 30 - time.monotonic()))
    check("the token works", party.userinfo(access_token).status_code == 200)
    party.not_redeemed("invalid_grant", code)
    check("and not after a second use of its code", party.userinfo(access_token).status_code == 401)


@module
def ensure_registered_redirect_uri(party):
    """A page, and never a redirect to a place that is not registered to the letter."""
    of = urlsplit(party.redirect_uri)
    for uri in (
        None,
        "",
        "https://example.com/callback",
        party.redirect_uri + "/",
        party.redirect_uri + "?a=b",
        party.redirect_uri + "#a",
        party.redirect_uri + "%00",
        party.redirect_uri + "/../callback",
        party.redirect_uri.upper(),
        of._replace(path="/").geturl(),
        of._replace(netloc=f"{of.hostname}:1").geturl(),
        of._replace(netloc=f"{of.netloc}@example.com").geturl(),
        of._replace(netloc=f"{of.netloc}.example.com").geturl(),
        of._replace(scheme="https").geturl(),
        "//" + of.netloc + of.path,
        "javascript:alert(1)",
    ):
        page = Browser().go(
            f"{party.document['authorization_endpoint']}?{urlencode(party.parameters(redirect_uri=uri))}", until="http://never"
        )
        check(f"{uri} is refused", page.status == 400 and page.reason == "invalid_redirect_uri", page.shown())
    twice = urlencode([*party.parameters().items(), ("redirect_uri", "https://example.com/")])
    page = Browser().go(f"{party.document['authorization_endpoint']}?{twice}")
    check("two of them are refused", page.status == 400 and page.reason == "invalid_redirect_uri", page.shown())
    page = Browser().go(f"{party.document['authorization_endpoint']}?{urlencode(party.parameters(client_id='nobody'))}")
    check("an unknown client is refused", page.status == 400 and page.reason == "invalid_client", page.shown())


@module
def ensure_post_request_succeeds(party):
    party.logged_in(method="post")


@module
def server_client_secret_post(party):
    party.logged_in(by="post")


@module
def unsigned_request_object_supported_correctly_or_rejected_as_unsupported(party):
    part = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    body = base64.urlsafe_b64encode(json.dumps({"state": "other"}).encode()).rstrip(b"=").decode()
    party.refused("request_not_supported", request=f"{part}.{body}.")


@module
def request_uri_unsigned_supported_correctly_or_rejected_as_unsupported(party):
    party.refused("request_uri_not_supported", request_uri="https://example.com/request.jwt")


@module
def ensure_request_object_with_redirect_uri(party):
    body = base64.urlsafe_b64encode(json.dumps({"redirect_uri": "https://example.com/"}).encode()).rstrip(b"=").decode()
    party.refused("request_not_supported", request=f"e30.{body}.")


@module
def claims_essential(party):
    """The parameter is not supported, and says so: what it asks for is had by scope."""
    asked = json.dumps({"userinfo": {"name": {"essential": True}}})
    told, _ = party.logged_in(claims=asked, scope="openid profile")
    check("name is told", party.userinfo(told["access_token"]).json()["name"] == ANN.name)


@module
def refresh_token(party):
    told, _ = party.logged_in(scope="openid offline_access", prompt="consent")
    check("there is none", "refresh_token" not in told and "refresh_token" not in party.document["grant_types_supported"], told)
    party.not_redeemed("unsupported_grant_type", None, grant_type="refresh_token", refresh_token="x")


@module
def ensure_request_with_valid_pkce_succeeds(party):
    asked = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    party.logged_in(form={"code_verifier": VERIFIER}, **asked)
    for verifier in ("x" * 43, CHALLENGE, None):
        party.not_redeemed("invalid_grant", party.answered(**asked)["code"], code_verifier=verifier)
    # A downgrade: a code without a challenge is no good to who shows a verifier, and plain is no method.
    party.not_redeemed("invalid_grant", party.answered()["code"], code_verifier=VERIFIER)
    party.refused("invalid_request", code_challenge=VERIFIER, code_challenge_method="plain")
    party.refused("invalid_request", code_challenge=VERIFIER)
    party.refused("invalid_request", code_challenge="short", code_challenge_method="S256")
