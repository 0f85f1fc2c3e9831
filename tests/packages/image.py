"""Runs an unpacked image as a container: `image.py BUNDLE`. It has a network of its own, with nothing but 127.0.0.1."""

import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import urllib.request
from pathlib import Path

from host import PATIENCE_SECONDS, SEAL_KEY, SECRET, VARIABLES, call, check, options_of, until_open


def answer_names():
    """A DNS server at 127.0.0.1:53 that says 127.0.0.1 for koogallery.test, and knows no other name and no IPv6."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))
    asked = []

    def run():
        while True:
            query, sender = server.recvfrom(512)
            end = query.index(b"\0", 12) + 5
            kind = struct.unpack("!H", query[end - 4:end - 2])[0]
            known = query[12:end - 4] == b"\x0akoogallery\x04test\0"
            asked.append(known)
            answers = b"\xc0\x0c" + struct.pack("!HHIH4B", 1, 1, 60, 4, 127, 0, 0, 1) if known and kind == 1 else b""
            head = query[:2] + struct.pack("!HHHHH", 0x8180 if known else 0x8183, 1, bool(answers), 0, 0)
            server.sendto(head + query[12:end] + answers, sender)

    threading.Thread(target=run, daemon=True).start()
    return asked


def main(bundle):
    settings = json.loads((bundle / "config.json").read_text())["process"]
    user, command = settings["user"], settings["args"]
    check("the user is a number and not root", user["uid"] == user["gid"] == 65532, user)
    check("the image says what is run", command[:2] == ["/koogallery", "serve"], command)
    # A runtime makes these two.
    for name in ("proc", "dev"):
        (bundle / "rootfs" / name).mkdir(exist_ok=True)
    asked = answer_names()
    with tempfile.TemporaryDirectory() as given:
        folder = Path(given)
        data, log, secret = folder / "data", folder / "log", folder / "koogallery.json"
        data.mkdir()
        secret.write_text(json.dumps(SECRET))
        (folder / "resolv.conf").write_text("nameserver 127.0.0.1\n")
        container = ["bwrap", "--ro-bind", bundle / "rootfs", "/", "--bind", data, "/data", "--proc", "/proc", "--dev", "/dev",
                     "--ro-bind", folder / "resolv.conf", "/etc/resolv.conf", "--ro-bind", secret, "/run/koogallery.json",
                     "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--cap-drop", "ALL", "--as-pid-1",
                     "--uid", str(user["uid"]), "--gid", str(user["gid"]), "--die-with-parent"]
        for name in ("etc/resolv.conf", "run/koogallery.json"):
            (bundle / "rootfs" / name).parent.mkdir(exist_ok=True)
            (bundle / "rootfs" / name).touch()
        environment = {"PATH": os.environ["PATH"]}
        inside = [str(part) for part in [*container, "/koogallery"]]
        if "--production" in options_of(inside):
            variables = SEAL_KEY | {"KOOGALLERY_SECRET_FILE": "/run/koogallery.json"}
        else:
            print("the binary is older than the image's command: --production and the secret's file are NOT CHECKED")
            command, variables = [part for part in command if part != "--production"], VARIABLES

        def start():
            with log.open("ab") as to:
                started = subprocess.Popen([*map(str, container), *command], env=environment | variables, stdout=to, stderr=to)
            until_open(started, 9000, log)
            return started

        def stop(started):
            """As a runtime does: SIGTERM to the process that is number 1 in there."""
            children = Path(f"/proc/{started.pid}/task/{started.pid}/children").read_text().split()
            os.kill(int(children[0]), signal.SIGTERM)
            check("SIGTERM ends it with 0", started.wait(PATIENCE_SECONDS) == 0, log.read_text())

        running = start()
        if "--production" in command:
            for path in ("healthz", "readyz"):
                with urllib.request.urlopen(f"http://127.0.0.1:9000/{path}", timeout=PATIENCE_SECONDS) as answer:
                    check(f"/{path} answers 200", answer.status == 200)
        instance = call(inside, "http://127.0.0.1:9000/", environment=environment)
        names_before = len(asked)
        call(inside, "http://koogallery.test:9000/", "queryInstance", environment, instance)
        check("names are looked up by DNS", any(asked[names_before:]), asked)
        stop(running)
        check("the volume has the data", list(data.iterdir()))
        running = start()
        call(inside, "http://127.0.0.1:9000/", "queryInstance", environment, instance)
        stop(running)
    print("the image runs as 65532 with a read-only root, answers signed calls, looks names up, and keeps its data in /data")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
