"""Runs the packages for FunctionGraph: `functiongraph.py FOLDER KOOGALLERY`."""

import base64
import contextlib
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from host import PATIENCE_SECONDS, TOKEN, VARIABLES, call, check, free_port, options_of, until, until_open

ADDRESS = "http://127.0.0.1:8000/"


def unpack(archive, folder):
    """With the modes, as FunctionGraph does."""
    with zipfile.ZipFile(archive) as packed:
        for entry in packed.infolist():
            Path(packed.extract(entry, folder)).chmod(entry.external_attr >> 16 & 0o777)


def start(command, environment, port, log):
    with log.open("wb") as to:
        running = subprocess.Popen([str(part) for part in command], env=environment, stdout=to, stderr=to)
    until_open(running, port, log)
    return running


def stop(running):
    running.terminate()
    check("SIGTERM ends it with 0", running.wait(PATIENCE_SECONDS) == 0)


class Quiet(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass


class Application(Quiet):
    """Takes every event."""

    heard = []

    def do_POST(self):
        self.heard.append(self.headers["webhook-id"])
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()


def serve(handler):
    server = HTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


def bootstrap_answers(code, koogallery, folder):
    """It listens on port 8000, answers signed calls from a store outside, and a second instance knows what the first has done."""
    environment = {"PATH": os.environ["PATH"]}
    without = subprocess.run([code / "bootstrap"], env=environment, capture_output=True, text=True)
    check("without a store it does not start", without.returncode != 0 and "DYNAMODB_ENDPOINT" in without.stderr, without.stderr)
    options = options_of([koogallery])
    missing = [option for option in ("--production", "--no-schedules") if option not in options]
    if missing:
        print(f"the binary is older than bootstrap: {' and '.join(missing)} are NOT CHECKED")
        text = (code / "bootstrap").read_text()
        (code / "bootstrap").write_text(re.sub(f" ({'|'.join(missing)})", "", text))
    # The store outside: that of another host, which opens a port with a credential.
    log = folder / "store.log"
    port, other = free_port(), free_port()
    store = start([koogallery, "serve", "--listen", f"127.0.0.1:{other}", "--listen-dynamodb", f"127.0.0.1:{port}"],
                  environment | VARIABLES, other, log)
    key = until("the store's credential", lambda: re.search(r"AWS_ACCESS_KEY_ID=(\S+)", log.read_text()))[1]
    webhook = {"KOOGALLERY_WEBHOOK_URL": f"http://127.0.0.1:{serve(Application)}/",
               "KOOGALLERY_WEBHOOK_SECRET": "whsec_" + base64.b64encode(os.urandom(32)).decode()}
    function = environment | VARIABLES | webhook | {"RUNTIME_CODE_ROOT": str(code), "DYNAMODB_ENDPOINT": f"http://127.0.0.1:{port}",
                                          "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": "any", "AWS_REGION": "any"}
    running = start([code / "bootstrap"], function, 8000, folder / "first.log")
    maps = Path(f"/proc/{running.pid}/maps").read_text()
    libraries = {line.split()[-1] for line in maps.splitlines() if ".so" in line}
    check("it uses the libraries of its package", libraries and all(name.startswith(str(code)) for name in libraries), libraries)
    instance = call([koogallery], ADDRESS, environment=environment)
    stop(running)
    running = start([code / "bootstrap"], function, 8000, folder / "second.log")
    call([koogallery], ADDRESS, "queryInstance", environment, instance)
    yield "internal/work" if "--no-schedules" not in missing else None
    stop(running)
    stop(store)


class Context:
    def __init__(self, **given):
        self.given = given

    def getUserData(self, name):
        return self.given[name]


def timer_calls(work, real):
    spec = importlib.util.spec_from_file_location("index", work / "index.py")
    index = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(index)
    asked, status = [], [200]

    class Stub(Quiet):
        def do_POST(self):
            asked.append((self.path, self.headers["Authorization"]))
            self.send_response(status[0])
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        do_GET = do_POST

    context = Context(KOOGALLERY_ADDRESS=f"http://127.0.0.1:{serve(Stub)}/", KOOGALLERY_WORK_TOKEN="t")
    check("the timer function returns the answer", index.handler({}, context) == "{}")
    check("it calls for work with its token", asked == [("/internal/work", "Bearer t")], asked)
    for status[0] in (302, 307, 401, 503):
        with contextlib.suppress(RuntimeError):
            index.handler({}, context)
            raise SystemExit(f"FAILED: HTTP {status[0]} is no failure")
    check("it follows no redirect", {path for path, _ in asked} == {"/internal/work"}, asked)
    with contextlib.suppress(ValueError):
        index.handler({}, Context(KOOGALLERY_ADDRESS="http://example.com/", KOOGALLERY_WORK_TOKEN="t"))
        raise SystemExit("FAILED: a token must not be sent in the clear")
    if real:
        check("the host sends nothing by itself", not Application.heard, Application.heard)
        done = json.loads(index.handler({}, Context(KOOGALLERY_ADDRESS=ADDRESS, KOOGALLERY_WORK_TOKEN=TOKEN)))
        check("the host delivers when it is asked to", done["delivered"] == len(Application.heard) == 1, (done, Application.heard))
        with contextlib.suppress(RuntimeError):
            index.handler({}, Context(KOOGALLERY_ADDRESS=ADDRESS, KOOGALLERY_WORK_TOKEN="wrong" * 5))
            raise SystemExit("FAILED: a wrong token opens the work")
    else:
        print("the binary has no POST /internal/work: NOT CHECKED against the host")


def main(packages, koogallery):
    with tempfile.TemporaryDirectory() as given:
        folder = Path(given)
        unpack(packages / "host.zip", folder / "code")
        unpack(packages / "work.zip", folder / "work")
        for real in bootstrap_answers(folder / "code", koogallery, folder):
            timer_calls(folder / "work", real)
    print("bootstrap listens on 127.0.0.1:8000 and answers signed calls; the timer function calls for work")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
