"""A stand-in for the function URL behind the entrance. What it does with a request is its `behaviour`."""

import hashlib
import http.client
import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

GZIPPED = bytes.fromhex("1f8b0800000000000003") + bytes(range(256))


class Upstream(ThreadingHTTPServer):
    """Counts connections and requests, and notes the server names of TLS."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, certificate=None, forward_to=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.behaviour, self.forward_to = "echo", forward_to
        self.requests, self.connections, self.names, self.lock = [], 0, [], threading.Lock()
        self.release = threading.Event()
        self.tls = None
        if certificate:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(*certificate)
            self.tls.sni_callback = lambda _, name, __: self.names.append(name)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]

    def handle_error(self, request, client_address):
        """A connection that the entrance gave up is what some cases want."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self):
        if self.server.tls:
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        with self.server.lock:
            self.server.connections += 1
        super().setup()

    def log_message(self, *_):
        pass

    def handle_one_request(self):
        self.raw_requestline = self.rfile.readline(128 * 1024)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        # `self.path` would have lost a second slash at its beginning.
        method, target, _ = self.raw_requestline.rstrip(b"\r\n").split(b" ", 2)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        seen = {"method": method.decode(), "target": target.decode("latin-1"), "headers": self.headers.items(),
                "length": len(body), "sha256": hashlib.sha256(body).hexdigest()}
        with self.server.lock:
            self.server.requests.append(seen)
        getattr(self, self.server.behaviour)(seen, body)
        self.wfile.flush()

    def answer(self, status, headers, body):
        lines = [f"HTTP/1.1 {status} X\r\n", *(f"{name}: {value}\r\n" for name, value in headers)]
        self.wfile.write("".join(lines).encode("latin-1") + f"content-length: {len(body)}\r\n\r\n".encode() + body)

    def echo(self, seen, _):
        headers = [("content-type", "application/json")]
        if "signed" in seen["target"]:
            headers.append(("body-sign", "sign_type=\"HMAC-SHA256\", signature=\"abc+/=\""))
        self.answer(200, headers, json.dumps(seen).encode())

    def packed(self, _, __):
        self.answer(200, [("content-type", "application/json"), ("content-encoding", "gzip")], GZIPPED)

    def failed(self, seen, _):
        """Answers with the status that the path ends with."""
        status = int(seen["target"].split("?")[0].rsplit("/", 1)[1])
        self.answer(status, [("content-type", "application/problem+json")], b'{"of":"the upstream"}')

    def dropped(self, _, __):
        self.close_connection = True

    def held(self, seen, body):
        """Answers only when it is told to."""
        self.server.release.wait()
        self.echo(seen, body)

    def forwarded(self, seen, body):
        """Passes on to a real host, and writes all names in lower case, as a function URL does."""
        host = http.client.HTTPConnection("127.0.0.1", self.server.forward_to)
        host.putrequest(seen["method"], seen["target"], skip_host=True, skip_accept_encoding=True)
        for name, value in seen["headers"]:
            host.putheader(name, value.encode("latin-1"))
        host.endheaders(body)
        answer = host.getresponse()
        text = answer.read()
        hidden = ("content-length", "connection", "transfer-encoding")
        headers = [(name.lower(), value) for name, value in answer.getheaders() if name.lower() not in hidden]
        self.answer(answer.status, headers, text)
        host.close()
