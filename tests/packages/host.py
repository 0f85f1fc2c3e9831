"""What the tests of the packages share: keys of their own, ports, and a signed call."""

import json
import secrets
import socket
import subprocess
import time
import uuid

# How long something that has to come may take. It fails the run, and is never waited for in full otherwise.
PATIENCE_SECONDS = 30
KEYS = {"basic": [secrets.token_hex(16)]}
TOKEN = secrets.token_urlsafe(24)
# What is secret, as the file of KOOGALLERY_SECRET_FILE has it.
SECRET = {"accessKeys": KEYS, "apiTokens": [{"name": "test", "token": TOKEN}]}
# The same for hosts that cannot read such a file, and what is not in it.
SEAL_KEY = {"KOOGALLERY_LOCAL_KEY": secrets.token_hex(32)}
VARIABLES = {"KOOGALLERY_KEYS": json.dumps(KEYS), "KOOGALLERY_API_TOKEN": TOKEN} | SEAL_KEY


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def is_open(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def until(what, is_so):
    end = time.monotonic() + PATIENCE_SECONDS
    while not (value := is_so()):
        if time.monotonic() > end:
            raise SystemExit(f"FAILED: {what} did not come within {PATIENCE_SECONDS} s")
        time.sleep(0.02)
    return value


def until_open(process, port, log):
    until(f"port {port}", lambda: is_open(port) or process.poll() is not None)
    if process.poll() is not None:
        raise SystemExit(f"FAILED: the host ended with {process.returncode}:\n{log.read_text()}")


def options_of(command):
    """What the binary knows, since a package may be newer than it. `command` is it with its way in."""
    return subprocess.run([*command, "serve", "--help"], capture_output=True, text=True, check=True).stdout


def check(what, is_so, shown=""):
    if not is_so:
        raise SystemExit(f"FAILED: {what} {shown}")


def call(command, address, activity="newInstance", environment=None, instance=None):
    """A call that KooGallery's key signs. Returns the instance's id."""
    order = f"CS{uuid.uuid4().hex[:12]}"
    members = [f"orderId={order}", f"orderLineId={order}-1", f"businessId={order}"]
    if instance:
        members = [f"instanceId={instance}"]
    done = subprocess.run([*command, "call", activity, "--to", address, *members], capture_output=True, text=True,
                          env=(environment or {}) | {"KOOGALLERY_KEYS": json.dumps(KEYS)})
    check(f"{activity} at {address}", done.returncode == 0, done.stdout + done.stderr)
    return json.loads(done.stdout[done.stdout.index("{"):].splitlines()[0]).get("instanceId", instance)
