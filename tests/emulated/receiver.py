"""The seller's application: receives events, verifies each by the library of Standard Webhooks, answers a purchase, and hands in a
license that somebody asked for."""

import json
import threading
import urllib.request

from standardwebhooks.webhooks import Webhook

from web import serve


def subject(event):
    """Whom an event is about: events of one subject come in order."""
    family, data = event["type"].split(".")[0], event["data"]
    if family == "license" and "license" in data:
        return "license", data["license"]
    if family in ("instance", "license"):
        return "instance", data.get("instanceId") or data.get("orderId")
    if family == "warning":
        return family, data["warningId"]
    return (family, data["orderId"]) if family == "order" else ("tenant", data["tenantId"])


class Receiver:
    def __init__(self, secret):
        self.webhook, self.lock = Webhook(secret), threading.Lock()
        self.taken, self.tries, self.status = [], [], 200 # status: what it answers
        self.api = None # where licenses are handed in, with the token
        self.server = serve(self.answer)
        self.url = f"http://{self.server.address}/events"

    def answer(self, request):
        headers = {name.lower(): value for name, value in request.headers}
        event = self.webhook.verify(request.body.decode(), headers) # raises on a wrong signature, and that try fails
        number = headers["webhook-id"]
        with self.lock:
            self.tries.append(number)
            if self.status != 200:
                return self.status, [], b""
            self.taken.append((number, event))
        if event["type"] == "license.requested" and self.api:
            threading.Thread(target=self.hand_in, args=(event["data"],), daemon=True).start()
        if event["type"] != "instance.created":
            return 204, [], b""
        way_in = {"appInfo": {"frontEndUrl": f"https://app.example.com/?instance={event['data']['instanceId']}"}}
        return 200, [("Content-Type", "application/json")], json.dumps(way_in).encode()

    def hand_in(self, data):
        address, token = self.api
        license = {"text": "a license"}
        if "eventId" in data:
            path = f"v1/instances/{data['instanceId']}/licenses/{data['eventId']}"
            license["deviceFingerprint"] = data.get("deviceFingerprint")
        else:
            path = f"v1/orders/{data['orderId']}/license"
            license.update({name: data[name] for name in ("productId",) if name in data})
        put = urllib.request.Request(address + path, json.dumps(license).encode(), method="PUT", headers={
            "Authorization": f"Bearer {token}", "Content-Type": "application/json"})
        urllib.request.urlopen(put).close()

    def types(self, instance):
        """The events of an instance, in the order of their first arrival."""
        with self.lock:
            return list({number: event["type"] for number, event in self.taken if event["data"].get("instanceId") == instance}.values())

    def check_order(self):
        """Events of a subject come in the order of their ids, each for the first time."""
        last, seen = {}, set()
        for number, event in self.taken:
            if number in seen:
                continue
            seen.add(number)
            about = subject(event)
            assert last.get(about, "") < number, f"{about}: {number} came after {last[about]}"
            last[about] = number
        return len(seen), len(last)

    def close(self):
        self.server.close()
