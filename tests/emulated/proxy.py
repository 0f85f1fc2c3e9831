"""The way from the functions to AWS. It passes each request on to the stand-in of its service; refuses what the caller's role does
not grant, as AWS does, and keeps it for the checks; and breaks the answers of a service for as long as a check asks for that.

The caller is known by its credentials, which are the logical id of the function or pipe. Signatures are not checked.
"""

import http.client
import json
import re
import threading
import time
from collections import Counter

from calls import asked
from policies import allows
from web import CUT, serve

SCOPE = re.compile(r"Credential=([^/]+)/\d+/[^/]+/([^/]+)/aws4_request")
# Answers of a broken service contain this, and no log may. The message of an error that the service's API declares would be logged
# on purpose, so the error here is another one.
CANARY = "canary-5a1f0c93"
JSON = [("Content-Type", "application/x-amz-json-1.0")]


def no_answer(lasts):
    while lasts():
        time.sleep(0.05)
    return CUT


BROKEN = {
    "an error 500": lambda _: (500, JSON, json.dumps({"__type": "StrangeException", "message": CANARY}).encode()),
    "a 200 that is no JSON": lambda _: (200, JSON, f'{{"{CANARY}": "{CANARY}'.encode()),
    "a cut connection": lambda _: CUT,
    "no answer": no_answer,
}
# It did what it was asked for, and nobody hears of it.
LOST = "a lost answer"


class Proxy:
    def __init__(self, services):
        self.services = services # by name, what answers
        self.statements = {} # by caller, what its role grants
        self.data_key_arn = None
        self.refused, self.calls = [], Counter()
        self.fault = None # a word of BROKEN, and the beginning of the actions that it breaks, such as `sqs:`
        self.checks_roles = True
        self.broken_answers = 0
        self.server = serve(self.answer)
        self.url = f"http://{self.server.address}"

    def answer(self, request):
        found = SCOPE.search(request.header("authorization"))
        if not found:
            return 403, [], b'{"__type":"MissingAuthenticationTokenException"}'
        caller, service = found.groups()
        for action, resource in asked(service, request, self.data_key_arn):
            self.calls[caller, action, resource] += 1
            if self.checks_roles and not allows(self.statements.get(caller, []), action, resource):
                self.refused.append(f"{caller} may not do {action} on {resource}")
                return 400, JSON, b'{"__type":"AccessDeniedException"}'
            fault = self.fault
            if fault and fault[0] == LOST and action.startswith(fault[1]):
                self.broken_answers += 1
                self.services[service](request)
                return CUT
            if fault and action.startswith(fault[1]):
                self.broken_answers += 1
                return BROKEN[fault[0]](lambda: self.fault is fault)
        return self.services[service](request)


def passing_on(address, at_once=True):
    """Passes requests on to a server; one after the other where the server is not made for more."""
    lock = None if at_once else threading.Lock()

    def send(request):
        connection = http.client.HTTPConnection(address, timeout=60)
        try:
            headers = {name: value for name, value in request.headers if name.lower() not in ("connection", "host", "content-length")}
            connection.request(request.method, request.path + (f"?{request.query}" if request.query else ""), request.body, headers)
            answered = connection.getresponse()
            skipped = ("connection", "transfer-encoding", "content-length", "date", "server")
            return answered.status, [pair for pair in answered.getheaders() if pair[0].lower() not in skipped], answered.read()
        finally:
            connection.close()

    def answer(request):
        if lock is None:
            return send(request)
        with lock:
            return send(request)

    return answer
