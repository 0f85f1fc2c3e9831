"""A relying party that looks at everything it gets, and the list of the tests that use it."""

import base64
import hashlib
import time
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from joserfc import jwt
from joserfc.jwk import KeySet

from browser import Browser, Page
from world import ANN, check

# By the name of the module of the OpenID Foundation's suite.
TESTS = {}


def module(test):
    """A test of the Foundation's suite."""
    TESTS["oidcc-" + test.__name__.replace("_", "-")] = test
    return test


class Party:
    """A relying party: asks as a client, and reads what comes."""

    def __init__(self, world, client):
        self.world, self.client = world, client
        self.redirect_uri = client.url(client.callback)
        # A code, the access token that it gave, and when.
        self.early = None
        self.document = requests.get(f"{world.issuer}/.well-known/openid-configuration", timeout=30).json()

    def parameters(self, **changes):
        """Those of a usual request. None leaves one out."""
        usual = {
            "response_type": "code",
            "client_id": self.client.name,
            "redirect_uri": self.redirect_uri,
            "scope": "openid",
            "state": "a state & more",
            "nonce": "a nonce & more",
            "login_hint": ANN.tenant,
        }
        return {name: value for name, value in {**usual, **changes}.items() if value is not None}

    def begin(self, browser, method="get", **changes):
        """Asks for a login; returns the page where it stops, or the address at the client that it leads to."""
        address, parameters = self.document["authorization_endpoint"], self.parameters(**changes)
        if method == "post":
            return browser.go(address, "post", parameters, until=self.redirect_uri)
        return browser.go(f"{address}?{urlencode(parameters)}", until=self.redirect_uri)

    def answered(self, user=ANN, browser=None, method="get", **changes):
        """The parameters that come to the client, after a login if one is asked for."""
        browser = browser or Browser()
        came = self.begin(browser, method, **changes)
        if isinstance(came, Page):
            came = self.world.log_in(browser, came, user, until=self.redirect_uri)
        check("the browser comes to the client", isinstance(came, str), came if isinstance(came, str) else came.shown())
        answer = {name: values for name, values in parse_qs(urlsplit(came).query).items()}
        check("each parameter comes once", all(len(values) == 1 for values in answer.values()), came)
        answer = {name: values[0] for name, values in answer.items()}
        wanted = self.parameters(**changes).get("state")
        check("state comes back as it was", answer.get("state") == wanted, came)
        check("iss is the issuer (RFC 9207)", answer.get("iss") == self.world.issuer, came)
        return answer

    def refused(self, error, browser=None, method="get", **changes):
        """The client is told the error, without a code."""
        answer = self.answered(browser=browser, method=method, **changes)
        check(f"the error is {error}", answer.get("error") == error and "code" not in answer, answer)

    def redeemed(self, code, by="basic", client=None, **changes):
        client = client or self.client
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.redirect_uri}
        headers = {}
        if by == "basic":
            headers["Authorization"] = "Basic " + base64.b64encode(f"{client.name}:{client.secret}".encode()).decode()
        elif by == "post":
            form |= {"client_id": client.name, "client_secret": client.secret}
        else:
            form |= {"client_id": client.name}
        form = {name: value for name, value in {**form, **changes}.items() if value is not None}
        answer = requests.post(self.document["token_endpoint"], data=form, headers=headers, timeout=30)
        check("nobody keeps the answer", "no-store" in answer.headers.get("Cache-Control", ""), answer.headers)
        check("the answer is JSON", answer.headers["Content-Type"].split(";")[0] == "application/json", answer.text)
        return answer

    def not_redeemed(self, error, code, status=400, **changes):
        answer = self.redeemed(code, **changes)
        check(f"the code gives {error}", answer.status_code == status and answer.json()["error"] == error, answer.text)
        check("and no token", "access_token" not in answer.json() and "id_token" not in answer.json())
        if status == 401:
            check(
                "the answer says how to prove oneself",
                answer.headers.get("WWW-Authenticate", "").startswith("Basic"),
                answer.headers,
            )

    def keys(self):
        return KeySet.import_key_set(requests.get(self.document["jwks_uri"], timeout=30).json())

    def verified(self, id_token, access_token, nonce="a nonce & more"):
        """The claims of an ID token, each checked as OpenID Connect Core, section 3.1.3.7, says."""
        wanted = self.client.entry.get("id_token_signed_response_alg", "RS256")
        token = jwt.decode(id_token, self.keys(), algorithms=[wanted])
        claims, header = token.claims, token.header
        check("the header names algorithm and key", header["alg"] == wanted and header.get("kid"), header)
        check("iss", claims["iss"] == self.world.issuer, claims)
        check("aud", claims["aud"] in (self.client.name, [self.client.name]), claims)
        check("azp", claims.get("azp", self.client.name) == self.client.name, claims)
        check("exp, iat", claims["iat"] <= time.time() < claims["exp"] <= time.time() + 3600, claims)
        check("iat is no more than a minute back", claims["iat"] >= time.time() - 60, claims)
        check("nonce", claims.get("nonce") == nonce, claims)
        check("auth_time", isinstance(claims["auth_time"], int) and abs(claims["auth_time"] - time.time()) < 60, claims)
        check("sub", isinstance(claims["sub"], str) and 0 < len(claims["sub"].encode("ascii")) <= 255, claims)
        half = hashlib.sha256(access_token.encode()).digest()[:16]
        check("at_hash", claims.get("at_hash") == base64.urlsafe_b64encode(half).rstrip(b"=").decode(), claims)
        return claims

    def logged_in(self, user=ANN, browser=None, by="basic", method="get", form=(), **changes):
        """A whole login: the token's answer, and the claims."""
        answer = self.answered(user, browser, method, **changes)
        check("a code comes", answer.get("code"), answer)
        told = self.redeemed(answer["code"], by, **dict(form))
        check("the code gives tokens", told.status_code == 200, told.text)
        told = told.json()
        check("the token is a Bearer", told["token_type"].lower() == "bearer" and told["expires_in"] > 0, told)
        return told, self.verified(told["id_token"], told["access_token"], self.parameters(**changes).get("nonce"))

    def userinfo(self, access_token, by="get"):
        address, bearer = self.document["userinfo_endpoint"], {"Authorization": f"Bearer {access_token}"}
        if by == "get":
            return requests.get(address, headers=bearer, timeout=30)
        if by == "post":
            return requests.post(address, headers=bearer, timeout=30)
        return requests.post(address, data={"access_token": access_token}, timeout=30)
