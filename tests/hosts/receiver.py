"""The seller's application in the run of several hosts: it records each event that it gets, and from which host.

Each host has a path of its own here, so a repeat can be told from what its sender went through.
"""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Arrival:
    """One request: which event, from which start of which host, when it came, and whether the answer went out."""

    def __init__(self, number, host, event, subject):
        self.number, self.host, self.event, self.subject = number, host, event, subject
        self.came, self.answered = time.monotonic(), None


class Receiver:
    def __init__(self, pause):
        self.arrivals, self.known, self.lock, self.pause = [], set(), threading.Lock(), pause
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                arrival = receiver.arrived(self.path.strip("/"), self.headers["webhook-id"], body)
                time.sleep(receiver.pause)
                self.send_response(204)
                self.end_headers()
                arrival.answered = time.monotonic()

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

            def handle_error(self, *_):
                """A host that is killed breaks its connections."""

        self.server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, host):
        return f"http://127.0.0.1:{self.server.server_address[1]}/{host}"

    def arrived(self, host, event, body):
        with self.lock:
            arrival = Arrival(len(self.arrivals), host, event, body["data"]["instanceId"])
            self.arrivals.append(arrival)
            self.known.add(event)
            return arrival

    def count(self):
        """How many different events came."""
        with self.lock:
            return len(self.known)
