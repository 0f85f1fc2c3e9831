"""Calls for what is due at the host on FunctionGraph: events, orders to learn, personal data to erase.

An instance of the host is frozen between requests, so nothing happens there by itself. A timer runs this function, Python 3.9.
KOOGALLERY_ADDRESS is the host's address, KOOGALLERY_WORK_TOKEN a token of it with the scope `work`.
"""

import urllib.error
import urllib.request
from urllib.parse import urlsplit

# Less than the time limit of this function, and more than the host takes.
SECONDS = 100


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """The token is for this address only."""

    def redirect_request(self, *_):
        return None


def handler(event, context):
    """Fails if the host does: FunctionGraph's own figures then show it."""
    address = context.getUserData("KOOGALLERY_ADDRESS").rstrip("/")
    token = context.getUserData("KOOGALLERY_WORK_TOKEN")
    if urlsplit(address).scheme != "https" and urlsplit(address).hostname != "127.0.0.1":
        raise ValueError("KOOGALLERY_ADDRESS has to begin with https://")
    request = urllib.request.Request(f"{address}/internal/work", b"", {"Authorization": f"Bearer {token}"}, method="POST")
    try:
        with urllib.request.build_opener(NoRedirects).open(request, timeout=SECONDS) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as refused:
        raise RuntimeError(f"the host answered HTTP {refused.code}") from None
