"""Holds the small clients of the entitlement (examples/) against `koogallery serve`: `python3 check.py KOOGALLERY LANGUAGE…`.

Between a client and the seller API stands a proxy, which counts the requests, and can be away in many ways. Each client does what it is
told on its standard input, by a clock of its own, so nothing has to wait.
"""

import http.client
import http.server
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parent.parent / "examples"
TOKEN = "koogallery-local-test-token"
MAX_AGE, PAUSE, LAST_ANSWER_COUNTS = 30, 5, 86_400
# What an API does that is away, or is not the API at all. Each counts as no answer.
AWAY = ("hangs up", "hangs", "says 503", "says 401", "says 404 without a word", "redirects", "talks HTML", "is about another")
ODD = "b/1?x#y%25ü"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Proxy(http.server.ThreadingHTTPServer):
    """In front of the seller API."""

    daemon_threads = True

    def __init__(self, upstream):
        super().__init__(("127.0.0.1", 0), Handler)
        self.upstream, self.manner, self.seen, self.stray = upstream, "answers", [], []
        self.is_held, self.release = threading.Event(), threading.Event()
        self.is_over, self.granted = threading.Event(), None
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        proxy = self.server
        if not self.path.startswith("/seller-api/"):
            proxy.stray.append(self.headers.get("Authorization"))
            return self.reply(404, {}, b"")
        proxy.seen.append((self.path, self.headers.get("If-None-Match")))
        if proxy.manner == "hangs up":
            self.close_connection = True
            return self.connection.shutdown(socket.SHUT_RDWR)
        if proxy.manner == "hangs":
            self.close_connection = True
            proxy.is_over.wait(20)
            return None
        html = {"Content-Type": "text/html", "Cache-Control": "max-age=600"}
        fixed = {
            "says 503": (503, {}, b"{}"),
            "says 401": (401, {}, b"{}"),
            "says 404 without a word": (404, {}, b"<html>no such page</html>"),
            "redirects": (302, {"Location": "/elsewhere"}, b""),
            "talks HTML": (200, html, b"<html>the network wants you to sign in</html>"),
            "is about another": (200, {"ETag": '"1"'}, b'{"instanceId": "b-9", "access": "granted"}'),
        }.get(proxy.manner)
        if fixed:
            return self.reply(*fixed)
        upstream = http.client.HTTPConnection("127.0.0.1", proxy.upstream, timeout=30)
        passed = {name: self.headers[name] for name in ("Authorization", "If-None-Match") if name in self.headers}
        upstream.request("GET", self.path, headers=passed)
        answer = upstream.getresponse()
        body = answer.read()
        told = {name: answer.headers[name] for name in ("ETag", "Cache-Control", "Content-Type") if name in answer.headers}
        if proxy.manner == "holds":
            proxy.manner = "answers"
            proxy.is_held.set()
            proxy.release.wait(20)
            return self.reply(*proxy.granted)
        if b'"granted"' in body:
            proxy.granted = (answer.status, told, body)
        return self.reply(answer.status, told, body)

    def reply(self, status, headers, body):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Client:
    """A client, which does a line after the other."""

    def __init__(self, language, address, folder):
        environment = {**os.environ, "API_TOKEN": TOKEN, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
        self.process = subprocess.Popen(
            [*command(language, folder), address, *arguments(language)],
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def do(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        if not answer:
            raise SystemExit(f"FAILED: the client ended at {line!r}")
        return answer


def command(language, folder):
    match language:
        case "python":
            return [sys.executable, HERE / "driver.py"]
        case "node":
            return ["node", HERE / "driver.mjs"]
        case "go":
            # One of the two has to give up its `main`.
            text = (EXAMPLES / "entitlements.go").read_text()
            assert "func main() {" in text
            (folder / "entitlements.go").write_text(text.replace("func main() {", "func example() {"))
            shutil.copy(HERE / "driver.go", folder)
            build = ["go", "build", "-o", folder / "driver", folder / "driver.go", folder / "entitlements.go"]
            subprocess.run(build, check=True, env={**os.environ, "GO111MODULE": "off"})
            return [folder / "driver"]
        case "java":
            java = [EXAMPLES / "java" / f"{name}.java" for name in ("Entitlements", "Json")]
            build = ["javac", "-Xlint:all,-serial", "-Werror", "-encoding", "UTF-8", "-d", folder, HERE / "Driver.java", *java]
            subprocess.run(build, check=True)
            return ["java", "-cp", folder, "Driver"]


def arguments(language):
    return {"python": [EXAMPLES / "entitlements.py"], "node": [EXAMPLES / "entitlements.mjs"]}.get(language, [])


class Check:
    def __init__(self, client, proxy, call):
        self.client, self.proxy, self.call = client, proxy, call

    def expect(self, line, answer, requests, why):
        before = len(self.proxy.seen)
        got = self.client.do(line)
        sent = len(self.proxy.seen) - before
        # Some HTTP clients send a request again by themselves whose connection ended.
        again = 1 if self.proxy.manner == "hangs up" and requests else 0
        if got != answer or not requests <= sent <= requests + again:
            raise SystemExit(f"FAILED: {why}: {line}: {got}, {sent} requests; expected {answer}, {requests}")

    def later(self, seconds):
        self.client.do(f"pass {seconds}")

    def run(self):
        proxy = self.proxy
        # On a busy machine a virtual machine that just started may take longer for its first request than a client waits.
        for _ in range(10):
            if self.client.do("get b-1") == "granted":
                break
            self.later(PAUSE + 1)
        self.client.do("forget b-1")
        self.expect("get b-1", "granted", 1, "the first time")
        self.expect("get b-1", "granted", 0, "it is good for a while")
        self.later(MAX_AGE - 5)
        self.expect("get b-1", "granted", 0, "it is still good")
        self.later(6)
        self.expect("get b-1", "granted", 1, "it has to be asked for again")
        if not proxy.seen[-1][1]:
            raise SystemExit("FAILED: it was asked for without the ETag")
        self.expect("get b-1", "granted", 0, "304 makes it good again")
        self.call("updateInstanceStatus", "instanceId=b-1", "status=FREEZE")
        self.expect("forget b-1", "done", 0, "an event came")
        self.expect("get b-1", "expired", 1, "after the event")
        self.call("updateInstanceStatus", "instanceId=b-1", "status=UNFREEZE")
        self.later(MAX_AGE + 1)
        self.expect("get b-1", "granted", 1, "without the event, when its time is over")

        for manner in AWAY:
            self.later(MAX_AGE + 1)
            proxy.manner = manner
            self.expect("get b-1", "granted", 1, f"the last answer counts while the API {manner}")
            self.expect("get b-1", "granted", 0, f"nobody asks again at once while the API {manner}")
            self.later(PAUSE + 1)
            self.expect("many b-1", "granted", 1, f"after a pause, one asks again while the API {manner}")
            self.expect("get b-2", "away", 1, f"of what was never asked nothing is known while the API {manner}")
            proxy.manner = "answers"
            self.later(PAUSE + 1)
            self.expect("get b-1", "granted", 1, f"the API is back that {manner}")
        if proxy.stray:
            raise SystemExit("FAILED: a redirect was followed")

        proxy.manner = "says 503"
        self.later(LAST_ANSWER_COUNTS - 60)
        self.expect("get b-1", "granted", 1, "for a day the last answer counts")
        self.later(120)
        self.expect("get b-1", "away", 1, "after a day it does not")
        self.later(PAUSE + 1)
        proxy.manner = "answers"
        self.expect("get b-1", "granted", 1, "the API is back")
        proxy.manner = "says 503"
        self.expect("forget b-1", "done", 0, "an event came")
        self.expect("get b-1", "away", 1, "what an event made wrong does not count")
        proxy.manner = "answers"
        self.later(PAUSE + 1)

        self.expect("get b-2", "unknown", 1, "no such instance")
        self.expect(f"get {ODD}", "unknown", 1, "an id with separators")
        if proxy.seen[-1][0] != "/seller-api/v1/instances/b%2F1%3Fx%23y%2525%C3%BC/entitlement":
            raise SystemExit(f"FAILED: the id in the path is {proxy.seen[-1][0]}")
        self.expect("get b-1", "granted", 1, "it goes on")
        self.expect("forget b-1", "done", 0, "an event came")
        self.expect("many b-1", "granted", 1, "of several at once, one asks")

        # An event comes while the old answer is on its way.
        self.call("updateInstanceStatus", "instanceId=b-1", "status=FREEZE")
        self.later(MAX_AGE + 1)
        proxy.manner = "holds"
        before = len(proxy.seen)
        self.client.do("start b-1")
        if not proxy.is_held.wait(20):
            raise SystemExit("FAILED: no request came")
        self.client.do("forget b-1")
        proxy.release.set()
        answer = self.client.do("end b-1")
        if (answer, len(proxy.seen) - before) != ("expired", 2):
            raise SystemExit(f"FAILED: an answer that was overtaken by an event counted: {answer}")
        self.call("updateInstanceStatus", "instanceId=b-1", "status=UNFREEZE")


def main(koogallery, *languages):
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("KOOGALLERY_", "DYNAMODB_"))}
    serve_command = [koogallery, "serve", "--listen", f"127.0.0.1:{port}"]

    def call(*arguments):
        run = [koogallery, "call", *arguments, "--to", f"http://127.0.0.1:{port}/"]
        subprocess.run(run, env=environment, check=True, capture_output=True)

    with tempfile.TemporaryDirectory() as folder, open(Path(folder) / "serve.log", "wb") as log:
        serve = subprocess.Popen(serve_command, env=environment, stdout=log, stderr=log)
        try:
            end = time.monotonic() + 30
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    if time.monotonic() > end:
                        raise SystemExit("FAILED: `koogallery serve` does not start") from None
                    time.sleep(0.05)
            call("newInstance", "orderId=CS1", "orderLineId=CS1-000001", "businessId=b-1")
            for language in languages:
                proxy = Proxy(port)
                apart = Path(folder) / language
                apart.mkdir()
                client = Client(language, f"http://127.0.0.1:{proxy.server_port}/seller-api", apart)
                Check(client, proxy, call).run()
                proxy.is_over.set()
                client.process.stdin.close()
                if client.process.wait(20) != 0:
                    raise SystemExit(f"FAILED: the client in {language} ended with {client.process.returncode}")
                proxy.shutdown()
                print(f"{language}: right in {len(proxy.seen)} requests", flush=True)
        finally:
            serve.kill()
            serve.wait()


if __name__ == "__main__":
    main(str(Path(sys.argv[1]).resolve()), *sys.argv[2:])
