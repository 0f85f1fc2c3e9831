"""What an instance entitles its users to, for an application that asks with every request of theirs. It needs Python 3.9 or newer and
nothing else.

An answer is kept for as long as the seller API allows, and then asked for again with its ETag. While the API is away, the last answer goes
on to count, for a day. When an event about an instance comes, call `forget`: the next `get` asks anew.

    entitlements = Entitlements("https://…/seller-api", token)
    if entitlements.get(instance_id)["access"] != "granted": …

To try it: API_TOKEN=… python entitlements.py http://127.0.0.1:9000/seller-api INSTANCE_ID …
"""

import json
import os
import re
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import OrderedDict
from http.client import HTTPException

MOST_BYTES = 64 * 1024


class UnknownInstance(LookupError):
    """There is no such instance."""


class Unavailable(OSError):
    """The API did not answer well, and there is no earlier answer that may still count. The message says why."""


class _Entry:
    def __init__(self):
        self.lock = threading.Lock()
        self.answer = None
        self.tag = None
        # When the answer was asked for, and until when it is good without asking again.
        self.asked_at = self.good_until = float("-inf")
        # Until then nobody asks again, because the API just failed.
        self.pause_until = float("-inf")
        self.failure = ""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The token goes nowhere else."""

    def redirect_request(self, *_):
        return None


class Entitlements:
    """May be used by several threads. Times are in seconds."""

    def __init__(self, address, token, *, most=10_000, last_answer_counts=86_400, timeout=2, pause=5, clock=time.monotonic):
        """`address` is that of the seller API, without `/v1`; the token needs the scope `read`. `most` is how many answers are kept.
        `last_answer_counts`: how long an answer counts while the API is away. `pause`: after a failure, the API is not asked again for so long."""
        self._address, self._token = address.rstrip("/"), token
        self._most, self._counts, self._timeout, self._pause = most, last_answer_counts, timeout, pause
        self._clock = clock
        self._entries, self._lock = OrderedDict(), threading.Lock()
        self._opener = urllib.request.build_opener(_NoRedirect)

    def get(self, instance_id):
        """The entitlement, as the seller API says it. Raises UnknownInstance or Unavailable."""
        while True:
            entry = self._entry(instance_id)
            # Only one thread asks for an instance; the others wait for what it gets.
            with entry.lock:
                if entry.answer is None or self._clock() >= entry.good_until:
                    self._ask(instance_id, entry)
                answer = entry.answer
            with self._lock:
                # What was forgotten meanwhile is asked for anew.
                if self._entries.get(instance_id) is entry:
                    return answer

    def forget(self, instance_id):
        """Drops the answer, because an event says that something changed."""
        with self._lock:
            self._entries.pop(instance_id, None)

    def _entry(self, instance_id):
        with self._lock:
            entry = self._entries.setdefault(instance_id, _Entry())
            self._entries.move_to_end(instance_id)
            if len(self._entries) > self._most:
                self._entries.popitem(last=False)
            return entry

    def _ask(self, instance_id, entry):
        now = self._clock()
        if now >= entry.pause_until:
            try:
                return self._fetch(instance_id, entry, now)
            except UnknownInstance:
                with self._lock:
                    if self._entries.get(instance_id) is entry:
                        del self._entries[instance_id]
                raise
            except (OSError, ValueError, HTTPException) as error:
                entry.failure = f"the seller API: {error}"
                entry.pause_until = self._clock() + self._pause
        if entry.answer is None or now >= entry.asked_at + self._counts:
            raise Unavailable(entry.failure)

    def _fetch(self, instance_id, entry, now):
        url = f"{self._address}/v1/instances/{urllib.parse.quote(instance_id, safe='')}/entitlement"
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}
        if entry.answer is not None:
            headers["If-None-Match"] = entry.tag
        try:
            with self._opener.open(urllib.request.Request(url, headers=headers), timeout=self._timeout) as response:
                body = response.read(MOST_BYTES + 1)
                status, told = response.status, response.headers
        except urllib.error.HTTPError as error:
            with error:
                status, told = error.code, error.headers
                body = error.read(MOST_BYTES)
        if status == 404 and b"/problems/not-found" in body:
            raise UnknownInstance(instance_id)
        if status == 200:
            answer = json.loads(body)
            if not isinstance(answer, dict) or answer.get("instanceId") != instance_id or "access" not in answer:
                raise ValueError("the answer is about something else")
            entry.answer, entry.tag = answer, told["ETag"] or ""
        elif status != 304 or entry.answer is None:
            raise ValueError(f"status {status}")
        max_age = re.search(r"max-age=(\d+)", told["Cache-Control"] or "")
        entry.asked_at, entry.good_until = now, now + (int(max_age[1]) if max_age else 0)


def main(address, *instances):
    entitlements = Entitlements(address, os.environ["API_TOKEN"])
    for instance in instances:
        try:
            print(json.dumps(entitlements.get(instance), ensure_ascii=False))
        except (UnknownInstance, Unavailable) as error:
            print(f"{instance}: {error or type(error).__name__}", file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:])
