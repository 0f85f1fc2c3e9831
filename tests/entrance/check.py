"""Checks the nginx configuration in entrance/: `python3 check.py KOOGALLERY`. It needs nginx and openssl.

1. What KooGallery sends arrives byte for byte, and `Body-Sign` gets back in its spelling.
2. A failing, slow or flooded upstream is answered for as KooGallery wants it.
3. `koogallery simulate` passes through both variants, over TLS, before a real host, and `conform` through aws.conf; the sample
   application calls the seller API through them.
"""

import concurrent.futures
import contextlib
import hashlib
import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
from pathlib import Path

from nginx import PATIENCE_SECONDS, Nginx, free_port, is_open, until
from upstream import GZIPPED, Upstream

APPLICATION = Path(__file__).resolve().parent.parent.parent / "examples/application.py"
API_TOKEN = "koogallery-local-test-token"
WEBHOOK_SECRET = "whsec_a29vZ2FsbGVyeS1sb2NhbC10ZXN0LXdlYmhvb2stc2VjcmV0"
SECRET_IN_QUERY, SECRET_IN_BODY = "SECRETQUERY", "SECRETBODY"
TARGETS = [
    "/", "/?", "/?&", "/?a", "/?a=", "/?=&&=", "//", "//produceAPI//v2/tenantSync", "/produceAPI/v2/allOrgSync/",
    "/?signature=a%2Fb%2bc%3D%3d&timestamp=1&nonce=%20+%2B", "/a%2Fb%2fc?d=%2F%2f", "/a/../b", "/./c/.", "/x/%2e%2e/%2E/d",
    "/%E4%BA%91%e4%ba%91?x=%E5%95%86", "/?x=\xe4\xba\x91", "/a%3Fb?c=%3F?d??", "/a;b=1,c:d@e!$&'()*+", "/~%7E%7e", "/?q=\"<>|\\^`{}",
    "/a%20b+c?d%20e", "/%25%32%35?%25", "/?" + "long=" + "x" * 20000, "/index.php", "/.well-known/x", "/SELLER-API/x", "/internal",
]


def make_certificates(folder):
    """An authority of this run, and certificates for the names of the entrance and of the upstream."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=folder)

    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl("req", "-x509", *new_key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test authority", "-days", "2")
    names = {"entrance": "DNS:localhost,DNS:entrance.test,IP:127.0.0.1", "upstream": "DNS:abc.lambda-url.test",
             "stranger": "DNS:other.lambda-url.test"}
    for name, alternatives in names.items():
        openssl("req", "-new", *new_key, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        (folder / f"{name}.ext").write_text(f"subjectAltName={alternatives}\nextendedKeyUsage=serverAuth\n")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
                "-out", f"{name}.pem", "-extfile", f"{name}.ext")


class Entrance:
    """Sends raw requests to one nginx."""

    def __init__(self, nginx, certificates):
        self.nginx = nginx
        self.tls = ssl.create_default_context(cafile=certificates / "ca.pem")

    def connect(self):
        raw = socket.create_connection(("127.0.0.1", self.nginx.port), PATIENCE_SECONDS)
        return self.tls.wrap_socket(raw, server_hostname="entrance.test")

    def ask(self, target, method="POST", headers=(), body=b"", connection=None):
        """Returns status, headers and body."""
        with contextlib.ExitStack() as closing:
            stream = connection or closing.enter_context(self.connect())
            lines = [f"{method} {target} HTTP/1.1", "Host: entrance.test", *headers]
            if not any(line.lower().startswith("transfer-encoding") for line in headers):
                lines.append(f"Content-Length: {len(body)}")
            stream.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))
            stream.sendall(body)
            answer = http.client.HTTPResponse(stream, method=method)
            answer.begin()
            return answer.status, answer.getheaders(), answer.read()


checked = 0


def check(what, is_so, shown=""):
    global checked
    checked += 1
    if not is_so:
        raise SystemExit(f"FAILED: {what} {shown}")


def said(title, before=[0]):
    print(f"ok  {title} ({checked - before[0]} checks)", flush=True)
    before[0] = checked


def header(headers, name):
    return [value for found, value in headers if found.lower() == name.lower()]


def bytes_arrive(entrance, upstream):
    for target in TARGETS:
        for method in ("POST", "GET"):
            status, _, answer = entrance.ask(target, method, body=b"{}" if method == "POST" else b"")
            seen = json.loads(answer) if status == 200 else {}
            check(f"{method} {target[:60]} arrives as it was sent", (seen.get("method"), seen.get("target")) == (method, target), answer[:300])
    megabytes = os.urandom(1024 * 1024) * 6
    bodies = [b"", b"\x00", bytes(range(256)), b'{ "a" :\t1 }\r\n', "{\"云\":\"\U0001f600\"}".encode(), megabytes]
    for body in bodies:
        _, _, answer = entrance.ask("/produceAPI/v2/allOrgSync?a=1", body=body, headers=["Content-Type: application/json;charset=utf8"])
        seen = json.loads(answer)
        check(f"a body of {len(body)} bytes arrives", seen["sha256"] == hashlib.sha256(body).hexdigest() and seen["length"] == len(body))
        check("the content type arrives", ["Content-Type", "application/json;charset=utf8"] in seen["headers"], seen["headers"])
    body = b"0123456789" * 1000
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:1], body[1:4000], body[4000:])) + b"0\r\n\r\n"
    _, _, answer = entrance.ask("/", headers=["Transfer-Encoding: chunked"], body=chunks)
    check("a body in chunks arrives", json.loads(answer)["sha256"] == hashlib.sha256(body).hexdigest())
    packed = ["Content-Encoding: gzip", "Accept-Encoding: gzip", "x-sign: S", "X-Timestamp: 1", "X-NONCE: n", "authToken: t"]
    _, _, answer = entrance.ask("/", headers=packed, body=GZIPPED)
    seen = json.loads(answer)
    check("a packed body stays packed", seen["sha256"] == hashlib.sha256(GZIPPED).hexdigest())
    for line in packed:
        check(f"the header {line} arrives", line.split(": ") in seen["headers"], seen["headers"])
    upstream.behaviour = "packed"
    status, headers, answer = entrance.ask("/", headers=["Accept-Encoding: gzip"])
    check("a packed answer stays packed", answer == GZIPPED and header(headers, "content-encoding") == ["gzip"])
    upstream.behaviour = "echo"
    with entrance.connect() as stream:
        stream.sendall(b"POST / HTTP/1.1\r\nHost: entrance.test\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        check("a client that waits for `100 Continue` gets it", stream.recv(1000).startswith(b"HTTP/1.1 100"))
        stream.sendall(b"{}")
        answer = http.client.HTTPResponse(stream)
        answer.begin()
        seen = json.loads(answer.read())
        check("its body arrives, without Expect", seen["length"] == 2 and not header(seen["headers"], "expect"), seen)
    status, _, answer = entrance.ask("/", body=b"x" * (6 * 1024 * 1024 + 1))
    check("a longer body is refused with 000002", status == 200 and json.loads(answer)["resultCode"] == "000002", answer)
    check("no body got onto the disk", "temporary file" not in entrance.nginx.logged())
    said("method, path, query and body arrive byte for byte; 6 MB stay in memory")


def body_sign(entrance):
    _, headers, _ = entrance.ask("/?signed", "GET")
    spelled = [name for name, _ in headers if name.lower() == "body-sign"]
    check("Body-Sign is written in its spelling, once", spelled == ["Body-Sign"], spelled)
    check("Body-Sign has its value", header(headers, "body-sign") == ['sign_type="HMAC-SHA256", signature="abc+/="'])
    _, headers, _ = entrance.ask("/", "GET")
    check("without one, none is written", not header(headers, "body-sign"))
    said("Body-Sign: its spelling, its value, and none where there is none")


def forwarded_headers(entrance, variant):
    forged = ["X-Forwarded-For: 203.0.113.9", "Connection: keep-alive"]
    for target in ("/", "/seller-api/v1/instances", "/login/authorize"):
        seen = json.loads(entrance.ask(target, "GET", headers=forged)[2])
        expected = {"aws": ([], ["abc.lambda-url.test"]), "host": (["127.0.0.1"], ["entrance.test"])}[variant]
        found = header(seen["headers"], "x-forwarded-for"), header(seen["headers"], "host")
        check(f"{target}: X-Forwarded-For and Host", found == expected, found)


def connections_are_kept(entrance, upstream):
    upstream.connections, upstream.requests = 0, []
    for _ in range(50):
        entrance.ask("/")
    check("50 callers need one connection to the upstream at most", upstream.connections <= 1 and len(upstream.requests) == 50,
          f"{upstream.connections} connections, {len(upstream.requests)} requests")
    if upstream.tls:
        check("TLS names the upstream", set(upstream.names) == {"abc.lambda-url.test"}, upstream.names)
    said("50 calls share one connection to the upstream")


def failures_are_answered(entrance, upstream):
    """Of what fails behind the entrance, KooGallery hears 000005 in HTTP 200, and the application the truth."""
    def is_000005(answer):
        status, headers, body = answer
        return (status == 200 and json.loads(body)["resultCode"] == "000005" and json.loads(body)["resultMsg"]
                and header(headers, "content-type") == ["application/json;charset=UTF-8"])

    body, query = SECRET_IN_BODY.encode(), f"?signature={SECRET_IN_QUERY}"
    upstream.behaviour = "failed"
    for status in (403, 404, 429, 500, 502, 503, 504):
        answer = entrance.ask(f"/{status}{query}", body=body)
        check(f"HTTP {status} becomes 000005", is_000005(answer), answer)
        found, _, text = entrance.ask(f"/seller-api/v1/{status}{query}", "GET")
        check(f"the seller API's HTTP {status} stays", (found, text) == (status, b'{"of":"the upstream"}'), text)
        found, _, text = entrance.ask(f"/login/{status}{query}", "GET")
        check(f"the login's HTTP {status} stays", (found, text) == (status, b'{"of":"the upstream"}'), text)
    upstream.behaviour, upstream.requests = "dropped", []
    check("a connection that breaks becomes 000005", is_000005(entrance.ask(f"/{query}", body=body)))
    check("what was sent is not sent again", len(upstream.requests) == 1, len(upstream.requests))
    upstream.behaviour = "held"
    check("no answer in time becomes 000005", is_000005(entrance.ask(f"/{query}", body=body)))

    upstream.requests = []
    with concurrent.futures.ThreadPoolExecutor() as others:
        running = others.submit(entrance.ask, f"/{query}", "POST", (), body)
        until("the call at the upstream", lambda: upstream.requests)
        entrance.nginx.reload()
        upstream.release.set()
        check("a reload does not lose a call that runs", json.loads(running.result()[2]).get("length") == len(body))
    upstream.behaviour = "echo"

    upstream.shutdown()
    upstream.server_close()
    until("the end of the upstream", lambda: not is_open(upstream.port))
    # A connection that was kept may still answer.
    until("000005 without an upstream", lambda: is_000005(entrance.ask(f"/{query}", body=body)))
    status, headers, answer = entrance.ask(f"/seller-api/v1/instances{query}", "GET")
    check("the application hears 503", status == 503 and json.loads(answer)["status"] == 503, answer)
    status, headers, answer = entrance.ask(f"/login/callback{query}", "GET")
    is_page = header(headers, "content-type")[0].startswith("text/html") and "请稍后重试".encode() in answer
    check("a user gets a page with 503", status == 503 and is_page, answer)
    said("failures, silence and no upstream: 000005 for KooGallery, the status for the application and for users; a reload loses nothing")


def floods_are_answered(entrance):
    """More than the rate allows, from one address: some are served, and the others get the answer for a flood."""
    def flood(target, is_limit):
        def some(_):
            with entrance.connect() as stream:
                return [entrance.ask(target, connection=stream, body=SECRET_IN_BODY.encode()) for _ in range(20)]

        with concurrent.futures.ThreadPoolExecutor(16) as others:
            def found():
                answers = [answer for batch in others.map(some, range(32)) for answer in batch]
                return answers if any(map(is_limit, answers)) else None
            return until("the answer to a flood", found)

    busy = b'{"resultCode":"000005","resultMsg":"internal error: too many calls at the same time"}'
    answers = flood(f"/?signature={SECRET_IN_QUERY}", lambda answer: answer[2] == busy)
    check("each is HTTP 200", {status for status, _, _ in answers} == {200})
    check("the others are served", any(b'"target"' in body for _, _, body in answers))
    answers = flood(f"/seller-api/v1/x?token={SECRET_IN_QUERY}", lambda answer: answer[0] == 429)
    refused = next(answer for answer in answers if answer[0] == 429)
    check("the application is told to wait", header(refused[1], "retry-after") == ["1"]
          and header(refused[1], "content-type") == ["application/problem+json"] and json.loads(refused[2])["status"] == 429, refused)
    answers = flood(f"/login/authorize?code={SECRET_IN_QUERY}", lambda answer: answer[0] == 429)
    refused = next(answer for answer in answers if answer[0] == 429)
    check("a user is told to wait", header(refused[1], "retry-after") == ["1"] and "请稍后重试".encode() in refused[2], refused)
    said("a flood: 000005 in HTTP 200 for KooGallery, 429 for the application and for users")


def strangers_are_refused(entrance, upstream):
    status, _, answer = entrance.ask("/")
    check("an upstream with a certificate of another name gets nothing",
          json.loads(answer)["resultCode"] == "000005" and not upstream.requests, upstream.requests)
    said("the upstream's certificate is verified")


def tls_versions(entrance, certificates):
    def connects(version):
        given = subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{entrance.nginx.port}", "-CAfile", certificates / "ca.pem",
             "-verify_return_error", "-cipher", "DEFAULT@SECLEVEL=0", f"-{version}"], stdin=subprocess.DEVNULL, capture_output=True)
        return given.returncode == 0
    found = {version: connects(version) for version in ("tls1_1", "tls1_2", "tls1_3")}
    check("TLS", found == {"tls1_1": False, "tls1_2": True, "tls1_3": True}, found)
    with entrance.connect() as stream:
        check("HTTP/2 is not offered", stream.selected_alpn_protocol() is None)
    said("TLS 1.2 and 1.3, nothing older, no HTTP/2")


def logs_have_no_secrets(nginx):
    lines = nginx.logged("koogallery.log").splitlines()
    check("there are lines", len(lines) > 10, len(lines))
    for line in lines:
        check("a line is JSON, with a path that has no query", "?" not in json.loads(line)["path"], line)
    for secret in (SECRET_IN_QUERY, SECRET_IN_BODY, "signature"):
        check(f"{secret} stands in no log", secret not in nginx.logged())
    said(f"{len(lines)} log lines, without queries and bodies")


def koogallery_passes(koogallery, folder, variant, entrance, between):
    """The real host, the real callers and the sample application. They trust only the authority of this run."""
    def start(command, port, **more):
        with (folder / f"{port}.log").open("wb") as log:
            started = subprocess.Popen([str(part) for part in command], env=clean | more, stdout=log, stderr=log)
        closing.callback(lambda: (started.terminate(), started.wait(PATIENCE_SECONDS)))
        until(f"port {port}", lambda: is_open(port))

    production, open_api, application = free_port(), free_port(), free_port()
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("KOOGALLERY_", "DYNAMODB_"))}
    clean |= {"NO_PROXY": "127.0.0.1,localhost", "SSL_CERT_FILE": str(folder / "certificates/ca.pem"),
              "KOOGALLERY_OPEN_API_URL": f"http://127.0.0.1:{open_api}/"}
    with contextlib.ExitStack() as closing:
        serve = [koogallery, "serve", "--listen", f"127.0.0.1:{production}", "--play-koogallery", f"127.0.0.1:{open_api}"]
        start(serve, production, KOOGALLERY_PROVISIONING="deferred", KOOGALLERY_WEBHOOK_URL=f"http://127.0.0.1:{application}/")
        opened = entrance(variant, between(production), without_limits=True)
        address = f"https://localhost:{opened.nginx.port}/"
        if variant == "host":
            check("a load balancer sees that the host is ready", opened.ask("/readyz", "GET")[0] == 200)
            status, headers, page = opened.ask("/login/authorize?client_id=nobody", "GET")
            is_page = b'data-reason="invalid_client"' in page and header(headers, "content-security-policy")
            check("the login's pages come as they are", status == 400 and is_page, page)
        sample = [sys.executable, APPLICATION, "--listen", f"127.0.0.1:{application}", "--provision", "answer",
                  "--database", folder / f"{variant}.db", "--seller-api", f"{address}seller-api"]
        start(sample, application, WEBHOOK_SECRET=WEBHOOK_SECRET, API_TOKEN=API_TOKEN)
        simulate = ["simulate", "--to", address, "--seller-api", f"{address}seller-api"]
        # All cases once: they take half a minute, and what the variants have in common is one file.
        conform = [(["conform", "--to", address], "passed, ")] if variant == "aws" else []
        for command, summary in [*conform, (simulate, "answers right, ")]:
            done = subprocess.run([koogallery, *command], env=clean | {"KOOGALLERY_API_TOKEN": API_TOKEN}, capture_output=True, text=True)
            check(f"{command[0]} through {variant}.conf", done.returncode == 0, "\n" + (done.stdout + done.stderr)[-4000:])
            said(f"{command[0]} through {variant}.conf: {[line for line in done.stdout.splitlines() if summary in line][-1]}")


def main(koogallery):
    koogallery = str(Path(koogallery).resolve())
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as given, contextlib.ExitStack() as stack:
        folder = Path(given)
        folder.chmod(0o755)
        certificates = folder / "certificates"
        certificates.mkdir()
        make_certificates(certificates)

        def upstream(certificate="upstream", forward_to=None):
            pair = certificate and (certificates / f"{certificate}.pem", certificates / f"{certificate}.key")
            made = Upstream(pair, forward_to)
            stack.callback(made.server_close)
            stack.callback(made.shutdown)
            stack.callback(made.release.set)
            return made

        def entrance(variant, port, **how):
            place = Path(tempfile.mkdtemp(dir=folder))
            place.chmod(0o755)
            nginx = Nginx(place, variant, port, certificates, **how)
            stack.callback(nginx.stop)
            return Entrance(nginx, certificates)

        for variant, certificate in (("aws", "upstream"), ("host", None)):
            print(f"{variant}.conf", flush=True)
            behind = upstream(certificate)
            open_to_all = entrance(variant, behind.port, without_limits=True)
            bytes_arrive(open_to_all, behind)
            body_sign(open_to_all)
            forwarded_headers(open_to_all, variant)
            connections_are_kept(open_to_all, behind)
            if variant == "host":
                behind.requests = []
                for target in ("/internal/work", "/internal/%77ork", "/x/../internal/work", "/metrics/../internal/"):
                    check(f"{target} is not public", open_to_all.ask(target)[0] == 404 and not behind.requests)
            flooded, as_shipped = entrance(variant, behind.port), entrance(variant, behind.port)
            tls_versions(as_shipped, certificates)
            floods_are_answered(flooded)
            failures_are_answered(as_shipped, behind)
            for each in (flooded, as_shipped):
                logs_have_no_secrets(each.nginx)
        stranger = upstream("stranger")
        strangers_are_refused(entrance("aws", stranger.port), stranger)

        def as_function_url(port):
            behind = upstream(forward_to=port)
            behind.behaviour = "forwarded"
            return behind.port

        koogallery_passes(koogallery, folder, "aws", entrance, as_function_url)
        koogallery_passes(koogallery, folder, "host", entrance, lambda port: port)
    print(f"{checked} checks passed")


if __name__ == "__main__":
    main(sys.argv[1])
