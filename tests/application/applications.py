"""The applications of examples/ that are held here: how each is built and started."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parent.parent / "examples"
# Where .ci/run and a package of the system put it, if SQLITE_JDBC does not say.
SQLITE_JDBC = "/usr/share/java/sqlite-jdbc.jar"


@dataclass(frozen=True)
class Application:
    command: list
    """How it starts."""
    mortal: list = ()
    """How it starts so that it dies at the DIE_AT-th point of its work. A receiver without a database has none."""
    is_slow: bool = False
    """Whether each start costs so much that it dies at each write only once for all of them: of a purchase."""
    knows_all: bool = False
    """Whether it also keeps the kit's tenants, packages, paid orders, logins, and instances whose purchase it never saw."""


def in_python(_folder):
    application = EXAMPLES / "application.py"
    return Application([sys.executable, application], [sys.executable, HERE / "mortal.py", application])


def in_java(folder):
    import json_echo

    sources = [str(one) for one in (*sorted((EXAMPLES / "java").glob("*.java")), *sorted((HERE / "java").glob("*.java")))]
    subprocess.run(["javac", "--release", "17", "-Xlint:all,-serial", "-Werror", "-encoding", "UTF-8", "-d", folder, *sources], check=True)
    driver = os.environ.get("SQLITE_JDBC", SQLITE_JDBC)
    # Many starts, each short: so the compiler of the JVM does less.
    java = [
        "java",
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        f"-Djava.io.tmpdir={folder}",
        "-cp",
        f"{folder}{os.pathsep}{driver}",
    ]
    json_echo.check(java)
    return Application([*java, "Application"], [*java, "Mortal"], is_slow=True, knows_all=True)


def in_go(folder):
    subprocess.run(["go", "vet", EXAMPLES / "receiver.go"], check=True)
    subprocess.run(["go", "build", "-o", folder / "receiver", EXAMPLES / "receiver.go"], check=True)
    return Application([folder / "receiver"])


BUILDS = {"python": in_python, "java": in_java, "go": in_go}
