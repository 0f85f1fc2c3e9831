"""Starts nginx with a configuration of entrance/: only what is marked there, ports and folders are replaced."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

ENTRANCE = Path(__file__).resolve().parent.parent.parent / "entrance"
# How long something that has to come may take. It fails the run, and is never waited for in full otherwise.
PATIENCE_SECONDS = 30
MAIN = """{user}
worker_processes 1;
pid nginx.pid;
daemon off;
error_log main-error.log info;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path temporary;
    proxy_temp_path temporary;
    fastcgi_temp_path temporary;
    uwsgi_temp_path temporary;
    scgi_temp_path temporary;
    include conf.d/*.conf;
}}
"""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def until(what, is_so):
    end = time.monotonic() + PATIENCE_SECONDS
    while not (value := is_so()):
        if time.monotonic() > end:
            raise SystemExit(f"FAILED: {what} did not come within {PATIENCE_SECONDS} s")
        time.sleep(0.02)
    return value


def is_open(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


class Nginx:
    """One nginx. `without_limits` raises the rates, for what sends more than KooGallery ever does."""

    def __init__(self, folder, variant, upstream, certificates, without_limits=False):
        self.folder, self.port = folder, free_port()
        shutil.copytree(ENTRANCE / "koogallery", folder / "koogallery")
        (folder / "conf.d").mkdir()
        user = "user root root;" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(MAIN.format(user=user))
        text = (ENTRANCE / f"{variant}.conf").read_text()
        # The mark in the comment goes first.
        text = re.sub(r"(?m)^ *#.*\n", "", text)
        changes = [
            ("listen 443 ssl;", f"listen 127.0.0.1:{self.port} ssl;"),
            ("server_name DOMAIN;", "server_name entrance.test;"),
            ("CERTIFICATE_FOLDER/fullchain.pem", str(certificates / "entrance.pem")),
            ("CERTIFICATE_FOLDER/privkey.pem", str(certificates / "entrance.key")),
        ]
        if variant == "aws":
            changes += [
                ("server AWS_ADDRESS:443;", f"server 127.0.0.1:{upstream};"),
                ("AWS_ADDRESS", "abc.lambda-url.test"),
                ("/etc/ssl/certs/ca-certificates.crt", str(certificates / "ca.pem")),
            ]
        else:
            changes += [("server 127.0.0.1:9000;", f"server 127.0.0.1:{upstream};")]
        (folder / "conf.d/koogallery.conf").write_text(replaced(text, changes))
        server = folder / "koogallery/server.conf"
        server.write_text(replaced(server.read_text(), [("/var/log/nginx/", f"{folder}/")]))
        if without_limits:
            limits = folder / "koogallery/limits.conf"
            limits.write_text(re.sub(r"rate=\d+r/s", "rate=100000r/s", limits.read_text()))
            # Here it is told if a body gets onto the disk.
            server.write_text(replaced(server.read_text(), [(" emerg;", " warn;")]))
        self.process = subprocess.Popen(
            ["nginx", "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "start-error.log"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        until("nginx", lambda: self.process.poll() is not None or is_open(self.port))
        if self.process.poll() is not None:
            raise SystemExit("FAILED: nginx did not start: " + self.process.stderr.read().decode())

    def workers(self):
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return set(children.read_text().split())

    def reload(self):
        """Has it read its configuration again, and waits until another worker serves."""
        before = self.workers()
        self.process.send_signal(signal.SIGHUP)
        until("another worker", lambda: self.workers() - before)

    def logged(self, name="*.log"):
        return "".join(path.read_text(errors="replace") for path in self.folder.glob(name))

    def stop(self):
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE_SECONDS)


def replaced(text, changes):
    for old, new in changes:
        if old not in text:
            raise SystemExit(f"FAILED: the configuration has no `{old}` any more: mend tests/entrance/nginx.py")
        text = text.replace(old, new)
    return text
