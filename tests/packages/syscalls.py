"""Compares what the host asks of the kernel with what its unit allows: `syscalls.py KOOGALLERY UNIT`. It needs strace."""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from host import PATIENCE_SECONDS, SEAL_KEY, SECRET, VARIABLES, call, check, free_port, options_of, until_open


def members(name):
    """The system calls of a group, and of the groups in it."""
    if not name.startswith("@"):
        return {name}
    lines = subprocess.run(["systemd-analyze", "syscall-filter", name], capture_output=True, text=True, check=True).stdout.splitlines()
    return set().union(*(members(line.strip()) for line in lines[1:] if line.strip() and not line.strip().startswith("#")))


def allowed(unit):
    """As systemd reads it: the first line allows, and each with `~` takes away."""
    may = set()
    for line in re.findall(r"(?m)^SystemCallFilter=(.*)$", unit):
        named = set().union(*(members(name) for name in line.lstrip("~").split()))
        may = may - named if line.startswith("~") else may | named
    return may


def main(koogallery, unit):
    with tempfile.TemporaryDirectory() as given:
        folder = Path(given)
        folder.chmod(0o777)
        traced, log, port = folder / "trace", folder / "log", free_port()
        (folder / "secret.json").write_text(json.dumps(SECRET))
        (folder / "secret.json").chmod(0o644)
        # Its own command, at free ports.
        command = re.search(r"(?m)^ExecStart=(.*)$", unit)[1].split()[1:]
        command = [part.replace("%S/koogallery", given) for part in command]
        variables = SEAL_KEY | {"KOOGALLERY_SECRET_FILE": f"{given}/secret.json"}
        if "--production" not in options_of([koogallery]):
            print("the binary is older than the unit: its options are NOT CHECKED")
            command, variables = ["serve", "--listen", "", "--data", f"{given}/koogallery.db"], VARIABLES
        for option, where in (("--listen", port), ("--metrics", free_port())):
            if option in command:
                command[command.index(option) + 1] = f"127.0.0.1:{where}"
        # SQLite asks root's files for more.
        as_user = ["setpriv", "--reuid", "65532", "--regid", "65532", "--clear-groups"] if os.geteuid() == 0 else []
        command = [*as_user, "strace", "-f", "-qq", "-o", traced, koogallery, *command]
        with log.open("wb") as to:
            running = subprocess.Popen([str(part) for part in command], env={"PATH": os.environ["PATH"]} | variables, stdout=to, stderr=to)
        until_open(running, port, log)
        call([koogallery], f"http://127.0.0.1:{port}/")
        # strace's child. SIGTERM to strace would only end the watching.
        children = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()
        os.kill(int(children[0]), 15)
        check("SIGTERM ends it with 0", running.wait(PATIENCE_SECONDS) == 0, log.read_text())
        # What starts it is systemd's.
        lines = traced.read_text().splitlines()[1:]
    names = {found[1] for line in lines if (found := re.match(r"\d+ +(\w+)\(", line))}
    check("there are system calls", {"accept4", "pwrite64", "futex"} <= names, names)
    may = allowed(unit)
    check("the unit allows what the host asks", names <= may, sorted(names - may))
    both = [line for line in lines if re.search(r" (mmap|mprotect)\(.*PROT_WRITE\|PROT_EXEC", line)]
    check("no memory is both written and run", not both, both)
    families = set(re.findall(r"socket(?:pair)?\((AF_\w+)", "\n".join(lines)))
    open_families = set(re.search(r"(?m)^RestrictAddressFamilies=(.*)$", unit)[1].split())
    check("the unit allows the sockets", families <= open_families, families)
    print(f"the host asks {len(names)} system calls of the {len(may)} that its unit allows")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]).read_text())
