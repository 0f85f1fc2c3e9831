"""What callers who send nothing, too little or too much cost the host, and how long a good call takes beside them.

    python benches/callers.py target/release/koogallery

It starts the host with 1,024 open files, as most systems give a process, and measures a good call (p50 and the slowest of some)
alone and beside each kind of caller, the host's memory, and how long the host takes to end.
"""

import os
import resource
import socket
import subprocess
import sys
import threading
import time

CALLS = 20
HEAD = b"POST / HTTP/1.1\r\nHost: seller\r\nContent-Length: %d\r\n\r\n"
LARGE = 6 << 20


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Host:
    def __init__(self, binary):
        self.port = free_port()
        few = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024))
        command = [binary, "serve", "--listen", f"127.0.0.1:{self.port}"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=few)
        deadline = time.monotonic() + 60
        while True:
            try:
                self.connect().close()
                return
            except OSError:
                if time.monotonic() > deadline:
                    raise

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def sent(self, data):
        """A connection on which so much was sent, as far as the host takes it."""
        connection = self.connect()
        connection.settimeout(0.2)
        try:
            connection.sendall(data)
        except OSError:
            pass
        return connection

    def sent_and_answered(self, data):
        try:
            with self.connect() as connection:
                connection.sendall(data)
                connection.recv(64)
        except OSError:
            pass  # the host ends while it comes

    def call(self):
        """How long an answer to an unsigned small call takes, over a connection of its own; None if there is none."""
        start = time.monotonic()
        try:
            with self.connect() as connection:
                connection.sendall(HEAD % 2 + b"{}")
                return time.monotonic() - start if connection.recv(64) else None
        except OSError:
            return None

    def memory(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmRSS"))

    def end(self):
        start = time.monotonic()
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return None
        return time.monotonic() - start


def told(seconds):
    return "none" if seconds is None else f"{seconds * 1e3:.0f} ms"


def measured(host, title, held):
    taken = [host.call() for _ in range(CALLS)]
    answered = sorted(call for call in taken if call is not None)
    slowest = None if len(answered) < CALLS else answered[-1]
    p50 = answered[len(answered) // 2] if answered else None
    memory, end = host.memory(), host.end()
    print(f"| {title} | {told(p50)} | {told(slowest)} | {memory} MB | {told(end)} |", flush=True)
    for connection in held:
        connection.close()


def main(binary):
    os.environ.pop("KOOGALLERY_KEYS", None)
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    print("| beside | p50 | slowest | memory | SIGTERM to end |\n|---|---|---|---|---|", flush=True)
    host = Host(binary)
    measured(host, "nobody", [])
    host = Host(binary)
    measured(host, "1,100 idle connections", [host.connect() for _ in range(1100)])
    host = Host(binary)
    measured(host, "300 half-sent bodies of 6 MB", [host.sent(HEAD % LARGE + b" " * (LARGE - 1)) for _ in range(300)])
    host = Host(binary)
    body = HEAD % LARGE + b" " * LARGE
    senders = [threading.Thread(target=host.sent_and_answered, args=[body], daemon=True) for _ in range(40)]
    for sender in senders:
        sender.start()
    measured(host, "40 unsigned bodies of 6 MB", [])


if __name__ == "__main__":
    main(sys.argv[1])
