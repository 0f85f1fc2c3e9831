"""KooGallery's part, and the processes: signed calls to any of several hosts, a store, and a proxy that can be cut."""

import hashlib
import hmac
import http.client
import json
import os
import re
import select
import signal
import socket
import subprocess
import threading
import time
import uuid

KEY = "koogallery-local-test-key-basic"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def sign(text):
    return hmac.new(KEY.encode(), text, hashlib.sha256).hexdigest()


def call(port, **members):
    """Sends one call. The result code, or none where the host did not answer."""
    body = json.dumps(dict(sorted(members.items())), separators=(",", ":")).encode()
    nonce, timestamp = uuid.uuid4().hex.upper(), str(int(time.time() * 1000))
    signature = sign(KEY.encode() + nonce.encode() + timestamp.encode() + sign(body).encode()).upper()
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("POST", f"/?signature={signature}&timestamp={timestamp}&nonce={nonce}", body,
                           {"Content-Type": "application/json;charset=utf8", "Accept": "application/json"})
        answer = json.loads(connection.getresponse().read())
        connection.close()
        return answer["resultCode"]
    except (OSError, http.client.HTTPException, ValueError):
        return None


class Process:
    """A `koogallery serve`, from one start to its end."""

    def __init__(self, binary, arguments, environment, log):
        self.port = free_port()
        self.log = open(log, "ab")
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("KOOGALLERY_", "AWS_"))}
        self.process = subprocess.Popen(
            [binary, "serve", "--listen", f"127.0.0.1:{self.port}", *arguments],
            env={**clean, **environment},
            stdout=self.log, stderr=subprocess.PIPE)
        self.said, self.ready = [], threading.Event()
        threading.Thread(target=self._read, daemon=True).start()
        if not self.ready.wait(120):
            raise SystemExit(f"a host did not start: {self.said}")

    def _read(self):
        for line in self.process.stderr:
            self.log.write(line)
            if len(self.said) < 40:
                self.said.append(line.decode(errors="replace"))
            if b"Ctrl-C ends it" in line:
                self.ready.set()
        self.ready.set()

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


class Proxy:
    """A TCP proxy before the store. Cut, it ends all connections and takes no new ones."""

    def __init__(self, target):
        self.target, self.whole, self.open = target, True, set()
        self.server = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            near, _ = self.server.accept()
            if not self.whole:
                near.close()
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                near.close()
                continue
            self.open |= {near, far}
            threading.Thread(target=self._pass, args=(near, far), daemon=True).start()

    def _pass(self, near, far):
        try:
            while True:
                for source in select.select([near, far], [], [])[0]:
                    data = source.recv(1 << 16)
                    if not data:
                        return
                    (far if source is near else near).sendall(data)
        except (OSError, ValueError):
            pass
        finally:
            for end in (near, far):
                self.open.discard(end)
                end.close()

    def cut(self):
        self.whole = False
        for end in list(self.open):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def mend(self):
        self.whole = True


def embedded_store(binary, folder):
    """A host whose embedded store others use. It delivers nothing itself."""
    port = free_port()
    process = Process(binary, ["--data", f"{folder}/store.db", "--listen-dynamodb", f"127.0.0.1:{port}"], {},
                      f"{folder}/store.log")
    credential = re.search(r"AWS_ACCESS_KEY_ID=(\S+)", "".join(process.said)).group(1)
    return process, port, credential


def dynamodb_local(library, folder):
    """DynamoDB Local, in memory."""
    port = free_port()
    with open(f"{folder}/dynamodb-local.log", "wb") as log:
        process = subprocess.Popen(
            ["java", f"-Djava.library.path={library}/DynamoDBLocal_lib", "-jar", f"{library}/DynamoDBLocal.jar",
             "-inMemory", "-port", str(port)], stdout=log, stderr=log)
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return process, port, "local"
        except OSError:
            if process.poll() is not None:
                raise SystemExit("DynamoDB Local did not start") from None
            time.sleep(0.1)


STOP, GO = signal.SIGSTOP, signal.SIGCONT
