"""`koogallery serve` and an application that hears of it, as processes."""

import contextlib
import json
import os
import signal
import socket
import sqlite3
import subprocess
import time
import urllib.request
from urllib.parse import urlencode

TOKEN = "koogallery-local-test-token"
SECRET = "whsec_a29vZ2FsbGVyeS1sb2NhbC10ZXN0LXdlYmhvb2stc2VjcmV0"
# How long something that has to come may take: it fails the run, and is never waited for in full otherwise.
PATIENCE_SECONDS = 30


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def until(what, is_so):
    """Waits for what has to come."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not (value := is_so()):
        if time.monotonic() > end:
            raise SystemExit(f"FAILED: {what} did not come within {PATIENCE_SECONDS} s")
        time.sleep(0.02)
    return value


class Shop:
    """`koogallery serve`, and the application that hears of it."""

    def __init__(self, koogallery, kind, folder):
        folder.mkdir(exist_ok=True)
        self.koogallery, self.kind, self.database = koogallery, kind, folder / "customers.db"
        self.log_path = folder / "application.log"
        self.log, self.serve_log = self.log_path.open("wb"), (folder / "serve.log").open("wb")
        production, self.port, open_api = free_port(), free_port(), free_port()
        self.address = f"http://127.0.0.1:{production}"
        # What is set where the test runs shall not change it.
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("KOOGALLERY_", "DYNAMODB_"))}
        self.environment = {**clean, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
        self.caller = {**self.environment, "KOOGALLERY_OPEN_API_URL": f"http://127.0.0.1:{open_api}/"}
        deferred = {
            "KOOGALLERY_PROVISIONING": "deferred",
            "KOOGALLERY_WEBHOOK_URL": f"http://127.0.0.1:{self.port}/",
        }
        command = [koogallery, "serve", "--listen", f"127.0.0.1:{production}"]
        command += ["--play-koogallery", f"127.0.0.1:{open_api}"]
        self.serve = subprocess.Popen(
            command, env={**self.environment, **deferred}, stdout=self.serve_log, stderr=subprocess.STDOUT
        )
        self.application = None
        until("`koogallery serve`", lambda: self.is_open(production))

    @staticmethod
    def is_open(port):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True

    def start(self, provision, die_at=None, each_write=True):
        """Starts the application, which may be mortal."""
        set_up = {
            "LISTEN": f"127.0.0.1:{self.port}",
            "PORT": str(self.port),  # A receiver without a database knows no more.
            "PROVISION": provision,
            "DATABASE": str(self.database),
            "SELLER_API": f"{self.address}/seller-api",
            "WEBHOOK_SECRET": SECRET,
            "API_TOKEN": TOKEN,
            "DIE_AT": str(die_at or 0),
            "EACH_WRITE": "1" if each_write else "",
        }
        command, environment = self.kind.mortal if die_at else self.kind.command, {**self.environment, **set_up}
        self.application = subprocess.Popen(command, env=environment, stdout=self.log, stderr=subprocess.STDOUT)
        # It may die before it is seen to be open.
        until("the application", lambda: self.is_open(self.port) or self.application.poll() is not None)

    def kill(self):
        self.application.send_signal(signal.SIGKILL)
        return self.application.wait()

    def close(self):
        for process in (self.application, self.serve):
            if process:
                process.kill()
                process.wait()
        self.log.close()
        self.serve_log.close()

    def run(self, *arguments):
        command = [self.koogallery, *arguments, "--to", f"{self.address}/"]
        return subprocess.run(command, env=self.caller, capture_output=True, text=True)

    def call(self, *arguments):
        """Sends what KooGallery sends."""
        ran = self.run("call", *arguments)
        if ran.returncode != 0:
            raise SystemExit(f"FAILED: call {' '.join(arguments)}\n{ran.stdout}{ran.stderr}")

    def api(self, path, body=None):
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.address}/seller-api/v1/{path}", data, headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def all_of(self, path, name, **query):
        """A list of the seller API, all pages of it."""
        cursor = {}
        while True:
            page = self.api(f"{path}?{urlencode({**query, **cursor})}")
            yield from page[name]
            if not page.get("next"):
                return
            cursor = {"cursor": page["next"]}

    def rows(self, sql):
        with contextlib.closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=10)) as db:
            db.row_factory = sqlite3.Row
            return [dict(row) for row in db.execute(sql)]

    def undelivered(self):
        return list(self.all_of("events", "events", state="undelivered"))

    def is_done(self):
        """Whether each event is taken, and whether what they gave to do is done."""
        return not self.undelivered() and not (self.kind.mortal and self.rows("SELECT id FROM tasks"))

    def resend(self):
        """Has the application get now what it missed, instead of after a pause."""
        subjects = {}
        for event in self.undelivered():
            subjects.setdefault(json.dumps(event["subject"]), []).append(event["eventId"])
        for subject, ids in subjects.items():
            self.api("events/resend", {**json.loads(subject), "eventIds": ids})
