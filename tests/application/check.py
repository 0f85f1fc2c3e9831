"""Holds an application of examples/ against the seller API: `python3 check.py KOOGALLERY python`, or `java`.

1. `koogallery simulate` plays whole lives and judges the application, with the way in in the answer and put later.
2. Calls come one by one, and the application dies at each point of its work on them: at the first, then at the second, …
3. What is in its database is compared with the lists of the seller API: events, instances, license codes, users.
4. Events come that are signed wrongly, late or twice, and each kind of event.

Of a receiver without a database (`go`), only what it answers and prints is checked.
"""

import contextlib
import itertools
import json
import re
import signal
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

import applications
import direct
from compare import compare
from shop import Shop, until

HERE = Path(__file__).resolve().parent
# Of these there must be some at the end, or nothing is proven.
COMPARED = ("events", "instances", "license codes", "users", "customers of what is not released")
FAMILIES = ("saas", "order-notice", "kit", "license", "online-license", "saas-v1", "kit-v1", "license-v1")


def judge(shop, provision, *arguments):
    """Has `simulate` judge the application by its answers, its events and its customers. Returns the tenants and orders."""
    shop.start(provision)
    look_at = ["--look-at", f"http://127.0.0.1:{shop.port}/customers/{{instanceId}}"] if shop.kind.mortal else []
    ran = shop.run("simulate", "--json", *look_at, *arguments)
    if not ran.stdout:
        raise SystemExit(f"FAILED: simulate did not begin: {ran.stderr}")
    report = json.loads(ran.stdout)
    problems = [step for step in report["steps"] if step["problem"] or any(event["problem"] for event in step["events"])]
    if ran.returncode != 0 or problems:
        raise SystemExit(f"FAILED: simulate, with the way in by {provision}: {json.dumps(problems, indent=1)}{ran.stderr}")
    until("the end of the application's work", shop.is_done)
    shop.kill()
    print(f"simulate ({provision}): {report['passed']} answers right, {report['deliveries']['delivered']} events", flush=True)
    # The seller API lists neither a tenant whose binding ended nor an order of License 1.0.
    return set(re.findall(r"\b(?:t-|CS)[0-9A-F]{12}\b", ran.stdout))


def survive(shop, provision, what, calls):
    """Sends calls of a kind, and has the application die at each point of its work: in the first at the first, and so on."""
    each_write = what == "purchase" or not shop.kind.is_slow
    for die_at in itertools.count(1):
        shop.call(*next(calls))
        shop.start(provision, die_at, each_write)
        shop.resend()
        until("a death or the end of the work", lambda: shop.application.poll() is not None or shop.is_done())
        is_dead = shop.application.poll() is not None
        status = shop.kill()
        if status != -signal.SIGKILL:
            raise SystemExit(f"FAILED: the application ended by itself, with {status}")
        if not is_dead:
            break
        shop.start(provision)
        shop.resend()
        until("the end of the application's work", shop.is_done)
        # At once, since the next event may mend what is wrong.
        compare(shop)
        shop.kill()
    # Fewer are not what a transaction and an answer need.
    if die_at <= (4 if each_write else 3):
        raise SystemExit(f"FAILED: {what} has {die_at - 1} points only: the work is not seen")
    print(f"{what} ({provision}): dead at each of {die_at - 1} points", flush=True)


def order(kind, one):
    return [f"orderId=CS-{kind}{one}", f"orderLineId=CS-{kind}{one}-000001"]


def kinds_of_calls(shop):
    """What the application works on, each as endless new calls, in the order in which they can be played."""
    entitlement = next(
        row["instanceId"] for row in shop.all_of("instances", "instances", status="active") if row["interfaceType"] == "license"
    )
    bought = ["--product", "p-1", "--sku", "small", "--quantity", "10", "--buyer", "Example Ltd"]
    more = ["--product", "p-1", "--sku", "large", "--quantity"]
    until_then = f"expireTime={time.gmtime().tm_year + 2}1231160000000"
    grant = ["authSync", "instanceId=b-1", "tenantId=t-1", "appId=a-1", "flag:=1"]
    user = '[{"userName":"user-%d","name":"A","orgCode":"o1","role":"user","enable":"true"}]'
    instance = "instanceId=b-1"
    now = time.strftime("%Y-%m-%d %H:%M:%S z", time.gmtime())
    license = ["getLicenseAsync", f"instanceId={entitlement}", f"effectiveTime={now}", f"expireTime={now}"]
    calls = {
        "purchase": lambda one: ["newInstance", *order("P", one), f"businessId=b-{one}", *bought],
        "renewal": lambda one: ["refreshInstance", instance, "scene=RENEWAL", *order("R", one), until_then],
        "upgrade": lambda one: ["upgradeInstance", instance, *order("U", one), *more, str(20 + one)],
        "users": lambda one: [*grant, f"userList:={user % one}"],
        "freeze": lambda one: ["updateInstanceStatus", instance, f"status={('UNFREEZE', 'FREEZE')[one % 2]}"],
        "license code": lambda one: ["refreshLicenseCode", f"license=C-{one}", "scene=RENEWAL", *order("C", one), until_then],
        "license": lambda one: [*license, f"eventId=e-{one}", f"deviceFingerprint=device-{one}"],
        # The first instance stays.
        "release": lambda one: ["releaseInstance", f"instanceId=b-{one + 1}"],
    }
    return {what: map(call, itertools.count(1)) for what, call in calls.items()}


def learn(shop):
    """An application that saw no purchase, such as one that is new, learns the instance from the seller API."""
    shop.call(
        "newInstance",
        "orderId=CS-L",
        "orderLineId=CS-L-000001",
        "businessId=b-learnt",
        "--quantity",
        "7",
        "--buyer",
        "Example Ltd",
    )
    shop.start("answer")
    shop.resend()
    until("the purchase", shop.is_done)
    shop.call("updateInstanceStatus", "instanceId=b-learnt", "status=FREEZE")
    until("the freeze", shop.is_done)
    shop.kill()
    with contextlib.closing(sqlite3.connect(shop.database)) as db, db:
        db.execute("DELETE FROM instances WHERE id = 'b-learnt'")
    # Its event does not say that it is frozen.
    end = f"expireTime={time.gmtime().tm_year + 3}1231160000000"
    shop.call("refreshInstance", "instanceId=b-learnt", "scene=RENEWAL", "orderId=CS-M", "orderLineId=CS-M-000001", end)
    shop.start("answer")
    shop.resend()
    until("what the seller API says of an instance", shop.is_done)
    is_frozen = shop.rows("SELECT status, cause FROM instances WHERE id = 'b-learnt'")
    direct.expect(f"the learnt instance is {is_frozen}", is_frozen == [{"status": "frozen", "cause": "suspended"}])
    compare(shop)
    shop.kill()
    print("an instance that was there before is learnt", flush=True)


def hold(shop, only):
    """Whole lives, deaths, and the comparison of both sides. `only` names the kinds of calls in which it dies, by default all."""
    lives = [argument for life in sorted((HERE / "lives").glob("*.json")) for argument in ("--play", str(life))]
    played = {"t-1"}
    played |= judge(shop, "answer", *(part for family in FAMILIES for part in ("--family", family)), *lives)
    played |= judge(shop, "put", "--family", "saas", "--family", "saas-v1", *lives)
    kinds = kinds_of_calls(shop)
    if strange := set(only) - set(kinds):
        raise SystemExit(f"there are no calls of the kind {', '.join(strange)}; there are: {', '.join(kinds)}")
    for what, calls in kinds.items():
        if only and what not in only:
            continue
        for provision in ("answer", "put") if what == "purchase" else ("put",):
            survive(shop, provision, what, calls)
    if shop.kind.knows_all:
        learn(shop)
    shop.start("put")
    shop.resend()
    same = compare(shop, played)
    compared = list(same) if shop.kind.knows_all else COMPARED
    compared = [what for what in compared if what != "requests for licenses that wait"]
    if empty := [what for what in compared if not same[what]]:
        raise SystemExit(f"FAILED: there is nothing to compare in {empty}")
    print("the same on both sides: " + ", ".join(f"{len(same[what])} {what}" for what in compared), flush=True)


def receive(shop):
    """Events that come straight, without KooGallery."""
    shop.start("answer")
    direct.check_signatures(shop)
    direct.check_every_event(shop)


def main(koogallery, name, *only):
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        build = folder / "build"
        build.mkdir()
        kind = applications.BUILDS[name](build)
        held = (lambda shop: hold(shop, only)) if kind.mortal else lambda shop: judge(shop, "answer", "--family", "saas")
        checks = {"receive": receive, "hold": held}
        for what, check in checks.items():
            with contextlib.closing(Shop(koogallery, kind, folder / what)) as shop:
                try:
                    check(shop)
                except BaseException:
                    for log in ("serve.log", "application.log"):
                        print(f"--- the end of {log}\n" + "\n".join((folder / what / log).read_text().splitlines()[-30:]))
                    raise


if __name__ == "__main__":
    main(str(Path(sys.argv[1]).resolve()), *sys.argv[2:])
