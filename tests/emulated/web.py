"""A small HTTP server on a free port of this machine, with a thread for each connection."""

import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Request:
    method: str
    path: str
    query: str
    headers: list  # of pairs, spelled as they came
    body: bytes

    def header(self, name):
        return next((value for known, value in self.headers if known.lower() == name.lower()), "")


CUT = object()  # an answer: the connection is closed without one


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass  # who asked went away, such as a function that was killed

    @property
    def address(self):
        return f"127.0.0.1:{self.server_port}"

    def close(self):
        self.shutdown()
        self.server_close()


def serve(answer):
    """Starts a server. `answer` gets a Request and gives CUT, or (status, headers, body)."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle_any(self):
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            path, _, query = self.path.partition("?")
            answered = answer(Request(self.command, path, query, self.headers.items(), body))
            if answered is CUT:
                self.close_connection = True
                return
            status, headers, body = answered
            self.send_response_only(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = handle_any

        def log_message(self, *_):
            pass

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return server
