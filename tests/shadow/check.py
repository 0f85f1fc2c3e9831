"""Holds `conform` and `shadow` against a seller's own code whose faults are known: `python3 check.py KOOGALLERY`.

1. `conform` finds each fault of seller.py: cases fail by it alone, and pass if all faults are mended. What the code does right passes.
2. `shadow` gives KooGallery the old code's replies, and tells where a new deployment would reply otherwise, without personal data.
"""

import concurrent.futures
import contextlib
import json
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

SELLER = Path(__file__).resolve().parent / "seller.py"
KEY = "key-of-the-stand-in"
# How long something that has to come may take. It fails the run, and is never waited for in full otherwise.
PATIENCE_SECONDS = 60

# Each fault of seller.py, with cases that find it.
FAULTS = {
    "any-activity": ["v1-basic/auth-token/activity-unknown", "v2-basic/signature/activity-unknown", "v2-basic/signature/activity-missing"],
    "blanks": ["v1-basic/auth-token/blanks-signed", "v1-basic/new-instance/optional-blank"],
    "chinese": ["v1-basic/refresh-instance/renewal", "v1-basic/refresh-instance/expired-instance"],
    "clear": ["v1-basic/new-instance/trial"],
    "debug-ignored": ["v1-basic/new-instance/debug-instance-is-not-real", "v1-basic/upgrade/debug-unknown-instance"],
    "debug-number": ["v2-basic/upgrade-instance/debug-unknown-instance"],
    "exceptions": ["v1-basic/new-instance/business-id-missing", "v2-basic/release-instance/instance-id-missing"],
    "nonce": ["v2-basic/refresh-instance/replayed", "v2-basic/signature/nonce-used-for-another-body"],
    "not-found": ["v1-basic/release-instance/unknown-instance", "v2-basic/upgrade-instance/unknown-instance"],
    "one-id": ["v1-basic/query-instance/untidy-list", "v2-basic/query-instance/two-known"],
    "plus": ["v1-basic/auth-token/plus-as-space", "v1-basic/new-instance/bare-plus"],
    "repeats": ["v1-basic/new-instance/resent", "v2-basic/new-instance/resent", "v2-basic/new-instance/resent-while-frozen"],
    "revived": ["v2-basic/release-instance/gone-for-renewal", "v2-basic/update-instance-status/unfreeze-of-released"],
    "rewritten": ["v2-basic/new-instance/unknown-members", "v2-basic/new-instance/length-in-characters"],
    "status": ["v2-basic/query-instance/wrong-key", "v2-basic/query-instance/stale"],
    "time": ["v1-basic/query-instance/stale", "v1-basic/auth-token/beijing-time"],
    "twice": ["v1-basic/expire-instance/expired-again", "v2-basic/update-instance-status/frozen-again"],
    "unchecked": ["v1-basic/new-instance/order-id-too-long", "v2-basic/refresh-instance/scene-unknown",
                  "v2-basic/update-instance-status/status-unknown"],
    "unsigned": ["v1-basic/query-instance/wrong-key", "v1-basic/auth-token/token-blank"],
}
# What nobody has written is found too, whether it succeeds unheard or is refused.
UNWRITTEN = ["v1-basic/instance-status/unknown-instance", "v2-basic/change-instance-check/unknown-instance"]
# What the code does right, from one end of an instance's life to the other.
RIGHT = [
    "v1-basic/auth-token/names-sorted-by-case", "v1-basic/auth-token/values-url-decoded", "v1-basic/new-instance/bought",
    "v1-basic/new-instance/second-product-of-the-order", "v1-basic/new-instance/access-at-once", "v1-basic/query-instance/known",
    "v1-basic/expire-instance/expired", "v1-basic/upgrade/upgraded", "v1-basic/release-instance/released",
    "v2-basic/signature/lower-case-hex", "v2-basic/signature/upper-case-hex", "v2-basic/signature/fifty-seconds-ago",
    "v2-basic/new-instance/bought", "v2-basic/new-instance/other-line-of-the-order", "v2-basic/new-instance/debug",
    "v2-basic/query-instance/known", "v2-basic/refresh-instance/renewal", "v2-basic/refresh-instance/expire-time-14-digits",
    "v2-basic/refresh-instance/resent", "v2-basic/update-instance-status/freeze", "v2-basic/update-instance-status/unfreeze",
    "v2-basic/upgrade-instance/upgraded", "v2-basic/release-instance/released", "v2-basic/release-instance/released-again",
]  # fmt: skip

BUYER = ["customerId=c-1", "customerName=某公司", "mobilePhone=13800000000", "email=buyer@example.com"]
NOT_TOLD = ["某公司", "%E6%9F%90", "13800000000", "buyer@example.com", "old.example.com", "authToken", KEY]
# Calls, the old code's reply, and the members in which the new one differs.
CALLS = [
    (["newInstance", "orderId=CS1", "orderLineId=CS1-1", "businessId=b-1"], {"resultCode": "000000", "instanceId": "b-1"}, []),
    (["newInstance", "orderId=CS1", "orderLineId=CS1-1", "businessId=b-2"], {"resultCode": "000000", "instanceId": "b-2"}, ["instanceId"]),
    (["updateInstanceStatus", "instanceId=b-1", "status=FREEZE"], {"resultCode": "000000"}, []),
    (["updateInstanceStatus", "instanceId=b-1", "status=FREEZE"], {"resultCode": "000005"}, ["resultCode"]),
    (["upgradeInstance", "instanceId=nobody", "orderId=CS2", "orderLineId=CS2-1"], {"resultCode": "000005"}, ["resultCode"]),
    (["queryInstance", "instanceId=b-1"], {"resultCode": "000000"}, ["info.b-1.appInfo.frontEndUrl"]),
    (["releaseInstance", "instanceId=b-1"], {"resultCode": "000000"}, []),
    (["refreshInstance", "scene=RENEWAL", "instanceId=b-1", "orderId=CS3", "orderLineId=CS3-1", "expireTime=20991231160000"],
     {"resultCode": "000000"}, ["resultCode"]),
    (["newInstance", "--version", "v1", "orderId=CS4", "productId=p-1", "businessId=b-4", *BUYER],
     {"resultCode": "000000", "instanceId": "b-4"}, ["appInfo.frontEndUrl"]),
    (["expireInstance", "--version", "v1", "instanceId=b-4"], {"resultCode": "000000"}, []),
]  # fmt: skip
STRANGERS_CALL = ["queryInstance", "instanceId=b-1"]
ALIKE, DIFFERENT = (["newInstance", "orderId=CS9", "orderLineId=CS9-1", "businessId=b-9"], ["releaseInstance", "instanceId=nobody"])


def environment(key=KEY):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("KOOGALLERY_", "DYNAMODB_"))}
    return clean | {"KOOGALLERY_KEYS": json.dumps({"basic": [key]}), "NO_PROXY": "127.0.0.1"}


checked = 0


def check(what, is_so, shown=""):
    global checked
    checked += 1
    if not is_so:
        raise SystemExit(f"FAILED: {what} {shown}")


def said(title, before=[0]):
    print(f"ok  {title} ({checked - before[0]} checks)", flush=True)
    before[0] = checked


def line_of(stream, what):
    """The next line of a pipe."""
    if not select.select([stream], [], [], PATIENCE_SECONDS)[0]:
        raise SystemExit(f"FAILED: {what} did not come within {PATIENCE_SECONDS} s")
    return stream.readline()


@contextlib.contextmanager
def running(command, **how):
    started = subprocess.Popen([str(part) for part in command], text=True, bufsize=1, **how)
    try:
        yield started
    finally:
        started.terminate()
        try:
            started.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


@contextlib.contextmanager
def seller(mended=()):
    with running([sys.executable, SELLER, KEY, *mended], stdout=subprocess.PIPE) as started:
        yield line_of(started.stdout, "the stand-in's address").strip()


def conform(koogallery, address, only=()):
    """Its verdicts by case, and whether it says that nothing failed. `--only` takes parts of names, so others may be played too."""
    command = [koogallery, "conform", "--to", address, "--json", *(part for name in only for part in ("--only", name))]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=10 * PATIENCE_SECONDS)
    check("conform plays its cases", done.returncode in (0, 1), done.stdout[-500:] + done.stderr[-500:])
    return {case["case"]: case for case in json.loads(done.stdout)["cases"] if not only or case["case"] in only}, done.returncode == 0


def faults_are_found(koogallery):
    in_code = set(re.findall(r'has\("([a-z-]+)"\)', SELLER.read_text()))
    check("each fault of the code has cases here", in_code == set(FAULTS), in_code ^ set(FAULTS))
    with seller() as address:
        found, passes = conform(koogallery, address)
    check("conform ends with 1", not passes)
    for fault, cases in FAULTS.items():
        for case in cases:
            check(f"{case} finds {fault}", found[case]["verdict"] == "failed" and found[case]["reason"], found[case])
    for case in UNWRITTEN:
        check(f"{case} fails", found[case]["verdict"] == "failed", found[case])
    for case in RIGHT:
        check(f"{case} passes", found[case]["verdict"] == "passed", found[case])
    of_others = {case["reason"] for case in found.values() if case["verdict"] == "skipped"}
    check("what is not sold is skipped", all("access key" in reason for reason in of_others) and len(of_others) == 3, of_others)
    said(f"conform finds {len(FAULTS)} faults in a seller's own code, and passes what is right")

    with seller(FAULTS) as address:
        found, _ = conform(koogallery, address, [case for cases in FAULTS.values() for case in cases])
    failed = {name: case for name, case in found.items() if case["verdict"] != "passed"}
    check("with all faults mended their cases pass", not failed, failed)

    def alone(fault):
        with seller(FAULTS.keys() - {fault}) as address:
            return fault, conform(koogallery, address, FAULTS[fault])[0]

    with concurrent.futures.ThreadPoolExecutor(4) as others:
        for fault, found in others.map(alone, FAULTS):
            passed = {name: case for name, case in found.items() if case["verdict"] != "failed"}
            check(f"{fault} alone makes its cases fail", not passed and set(found) == set(FAULTS[fault]), passed)
    said("the cases that find a fault fail by it alone, and pass without it")


@contextlib.contextmanager
def shadow(koogallery, old, new, *options):
    """A shadow, and where calls come in."""
    command = [koogallery, "shadow", "--old", old, "--new", new, "--listen", "127.0.0.1:0", *options]
    with running(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as started:
        yield started, re.search(r"http://\S+/", line_of(started.stderr, "the shadow's address"))[0]


def told_at_the_end(shadow):
    """What it still says after Ctrl-C: lines, and the sums by callback."""
    shadow.send_signal(signal.SIGINT)
    lines, sums = shadow.communicate(timeout=PATIENCE_SECONDS)
    check("a shadow that saw differences ends with 1", shadow.returncode == 1, sums)
    for text in NOT_TOLD:
        check(f"{text} is not told", text not in lines + sums, lines + sums)
    return lines.splitlines(), {name: (int(calls), int(differ)) for name, calls, differ in re.findall(r"(\w+) +(\d+) calls +(\d+) differ", sums)}


def call(koogallery, address, arguments, key=KEY):
    """The reply, as KooGallery gets it."""
    command = [koogallery, "call", "--to", address, *arguments]
    # A `serve --play-koogallery` that somebody else runs on this machine must not hear of the orders.
    alone = environment(key) | {"KOOGALLERY_OPEN_API_URL": "http://127.0.0.1:1/"}
    done = subprocess.run(command, env=alone, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    replies = [line for line in done.stdout.splitlines() if line.startswith("{")]
    check(f"{arguments[0]} is answered", replies, done.stdout + done.stderr)
    return replies[0]


def differences_are_told(koogallery, folder):
    serve = [koogallery, "serve", "--listen", "127.0.0.1:0"]
    with contextlib.ExitStack() as closing:
        with (folder / "serve.log").open("w") as log:
            started = closing.enter_context(running(serve, env=environment(), stdout=log, stderr=subprocess.PIPE))
        new = re.search(r"http://[0-9.:]+/", line_of(started.stderr, "the new deployment's address"))[0]
        old = closing.enter_context(seller())

        sums = {}
        with shadow(koogallery, old, new, "--all") as (told, address):
            for arguments, reply, differs in CALLS:
                given = call(koogallery, address, arguments)
                check(f"{arguments} gets the old reply", json.loads(given).items() >= reply.items(), given)
                check("its bytes are the old code's", '"resultCode": "' in given, given)
                # A line comes when both have answered: the next call finds the new deployment as this one left it.
                line = json.loads(line_of(told.stdout, "the comparison"))
                for text in NOT_TOLD:
                    check(f"{text} is not told", text not in json.dumps(line, ensure_ascii=False), line)
                check(f"{arguments}: what differs", line["differs"] == differs, line)
                check("the callback is told", line["callback"] == arguments[0], line)
                ids = dict(pair.split("=") for pair in arguments if pair.startswith(("orderId=", "orderLineId=", "instanceId=")))
                check("the ids are told", line["ids"] == ids, line)
                check("the codes of both are told", (line["old"]["resultCode"], len(line["new"]["resultCode"])) == (reply["resultCode"], 6), line)
                calls, differ = sums.get(arguments[0], (0, 0))
                sums[arguments[0]] = (calls + 1, differ + bool(differs))
            call(koogallery, address, STRANGERS_CALL, "key-of-a-stranger")
            line = json.loads(line_of(told.stdout, "the comparison"))
            check("a reply that is not HTTP 200 differs", line["differs"] == ["(HTTP)"] and line["old"]["(HTTP)"] == 401, line)
            calls, differ = sums["queryInstance"]
            sums["queryInstance"] = (calls + 1, differ + 1)
            lines, told_sums = told_at_the_end(told)
            check("there is one line for each call", not lines, lines)
            check("the sums are right", told_sums == sums, (told_sums, sums))
        with shadow(koogallery, old, new) as (told, address):
            for arguments in (ALIKE, DIFFERENT, ALIKE):
                call(koogallery, address, arguments)
            lines, told_sums = told_at_the_end(told)
            check("a call that both answer alike has no line", [json.loads(line)["callback"] for line in lines] == [DIFFERENT[0]], lines)
            check("it counts", told_sums == {ALIKE[0]: (2, 0), DIFFERENT[0]: (1, 1)}, told_sums)
    said("shadow gives the old reply, and tells what differs: the callback, its ids, the members, and nothing personal")


def main(koogallery):
    koogallery = Path(koogallery).resolve()
    # What was started here ends with this script.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("FAILED: told to end"))
    with tempfile.TemporaryDirectory() as folder:
        faults_are_found(koogallery)
        differences_are_told(koogallery, Path(folder))
    print(f"{checked} checks passed")


if __name__ == "__main__":
    main(sys.argv[1])
