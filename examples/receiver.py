"""Receives events in Python: verifies, answers a purchase, and works on each event once.

pip install standardwebhooks
WEBHOOK_SECRET=whsec_… PORT=9100 python3 receiver.py
"""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

webhook = Webhook(os.environ["WEBHOOK_SECRET"])
# The ids of the events that are done. Store them in your database, in the same transaction as the work.
done = set()

WORDS = {
    "instance.created": "provisioned",
    "instance.refreshed": "renewed",
    "instance.upgraded": "upgraded",
    "instance.frozen": "frozen",
    "instance.unfrozen": "unfrozen",
    "instance.accepted": "accepted",
    "instance.changed": "changed",
    "instance.released": "released",
}


def work_on(event):
    """Your own work. This example only prints it."""
    data, word = event["data"], WORDS.get(event["type"])
    told = f"customer {data['instanceId']} {word}" if word else event["type"]
    print(told + (f" ({data['scene']})" if "scene" in data else ""), flush=True)


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        try:
            event = webhook.verify(body, {name.lower(): value for name, value in self.headers.items()})
        except WebhookVerificationError:
            return self.answer(401)
        if self.headers["webhook-id"] not in done:
            done.add(self.headers["webhook-id"])
            work_on(event)
        if event["type"] == "instance.created":
            address = f"https://app.example.com/?instance={event['data']['instanceId']}"
            return self.answer(200, {"appInfo": {"frontEndUrl": address}})
        self.answer(204)

    def answer(self, status, body=None):
        text = json.dumps(body).encode() if body else b""
        self.send_response(status)
        if status != 204:
            self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "9100"))), Receiver)
print(f"listening on http://127.0.0.1:{server.server_port}/", flush=True)
server.serve_forever()
