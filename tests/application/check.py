"""Holds examples/application.py against the seller API: `python3 check.py KOOGALLERY`.

1. `koogallery simulate` plays whole lives and judges the application, with the way in in the answer and put later.
2. Calls come one by one, and the application dies at each point of its work on them: at the first, then at the second, …
3. What is in its database is compared with the lists of the seller API: events, instances, license codes, users.
"""

import contextlib
import itertools
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from urllib.parse import quote, urlencode

HERE = Path(__file__).resolve().parent
APPLICATION = HERE.parent.parent / "examples" / "application.py"
TOKEN = "koogallery-local-test-token"
SECRET = "whsec_a29vZ2FsbGVyeS1sb2NhbC10ZXN0LXdlYmhvb2stc2VjcmV0"
# How long something that has to come may take: it fails the run, and is never waited for in full otherwise.
PATIENCE_SECONDS = 30
# Of these there must be some at the end, or nothing is proven.
COMPARED = ("events", "instances", "license codes", "users", "customers of what is not released")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def until(what, is_so):
    """Waits for what has to come."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not (value := is_so()):
        if time.monotonic() > end:
            raise SystemExit(f"FAILED: {what} did not come within {PATIENCE_SECONDS} s")
        time.sleep(0.02)
    return value


class Shop:
    """`koogallery serve`, and the application that hears of it."""

    def __init__(self, koogallery, folder):
        self.koogallery, self.database = koogallery, folder / "customers.db"
        self.log = (folder / "application.log").open("wb")
        self.serve_log = (folder / "serve.log").open("wb")
        production, self.port, open_api = free_port(), free_port(), free_port()
        self.address = f"http://127.0.0.1:{production}"
        # What is set where the test runs shall not change it.
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("KOOGALLERY_", "DYNAMODB_"))}
        self.environment = {**clean, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
        self.caller = {**self.environment, "KOOGALLERY_OPEN_API_URL": f"http://127.0.0.1:{open_api}/"}
        deferred = {
            "KOOGALLERY_PROVISIONING": "deferred",
            "KOOGALLERY_WEBHOOK_URL": f"http://127.0.0.1:{self.port}/",
        }
        command = [koogallery, "serve", "--listen", f"127.0.0.1:{production}"]
        command += ["--play-koogallery", f"127.0.0.1:{open_api}"]
        self.serve = subprocess.Popen(
            command, env={**self.environment, **deferred}, stdout=self.serve_log, stderr=subprocess.STDOUT
        )
        self.application = None
        until("`koogallery serve`", lambda: self.is_open(production))

    @staticmethod
    def is_open(port):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True

    def start(self, provision, die_at=None):
        """Starts the application, which may be mortal."""
        wrapper = [HERE / "mortal.py"] if die_at else []
        command = [sys.executable, *wrapper, APPLICATION, "--listen", f"127.0.0.1:{self.port}", "--provision", provision]
        command += ["--database", self.database, "--seller-api", f"{self.address}/seller-api"]
        environment = {**self.environment, "WEBHOOK_SECRET": SECRET, "API_TOKEN": TOKEN, "DIE_AT": str(die_at or 0)}
        self.application = subprocess.Popen(command, env=environment, stdout=self.log, stderr=subprocess.STDOUT)
        # It may die before it is seen to be open.
        until("the application", lambda: self.is_open(self.port) or self.application.poll() is not None)

    def kill(self):
        self.application.send_signal(signal.SIGKILL)
        return self.application.wait()

    def close(self):
        for process in (self.application, self.serve):
            if process:
                process.kill()
                process.wait()
        self.log.close()
        self.serve_log.close()

    def run(self, *arguments):
        command = [self.koogallery, *arguments, "--to", f"{self.address}/"]
        return subprocess.run(command, env=self.caller, capture_output=True, text=True)

    def call(self, *arguments):
        """Sends what KooGallery sends."""
        ran = self.run("call", *arguments)
        if ran.returncode != 0:
            raise SystemExit(f"FAILED: call {' '.join(arguments)}\n{ran.stdout}{ran.stderr}")

    def api(self, path, body=None):
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.address}/seller-api/v1/{path}", data, headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def all_of(self, path, name, **query):
        """A list of the seller API, all pages of it."""
        cursor = {}
        while True:
            page = self.api(f"{path}?{urlencode({**query, **cursor})}")
            yield from page[name]
            if not page.get("next"):
                return
            cursor = {"cursor": page["next"]}

    def rows(self, sql):
        with contextlib.closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=10)) as db:
            db.row_factory = sqlite3.Row
            return [dict(row) for row in db.execute(sql)]

    def undelivered(self):
        return list(self.all_of("events", "events", state="undelivered"))

    def is_done(self):
        """Whether each event is taken, and whether what they gave to do is done."""
        return not self.undelivered() and not self.rows("SELECT id FROM tasks")

    def resend(self):
        """Has the application get now what it missed, instead of after a pause."""
        subjects = {}
        for event in self.undelivered():
            subjects.setdefault(json.dumps(event["subject"]), []).append(event["eventId"])
        for subject, ids in subjects.items():
            self.api("events/resend", {**json.loads(subject), "eventIds": ids})


def judge(shop, provision, *arguments):
    """Has `simulate` judge the application by its answers, its events and its customers. Returns the tenants and orders."""
    shop.start(provision)
    look_at = f"http://127.0.0.1:{shop.port}/customers/{{instanceId}}"
    ran = shop.run("simulate", "--json", "--look-at", look_at, *arguments)
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
    for die_at in itertools.count(1):
        shop.call(*next(calls))
        shop.start(provision, die_at)
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
    if die_at <= 4:
        raise SystemExit(f"FAILED: {what} has {die_at - 1} points only: mortal.py does not see the work")
    print(f"{what} ({provision}): dead at each of {die_at - 1} points", flush=True)


def state(row):
    """An instance of either side in the same form."""
    if row["status"] == "released":
        # A released one learns nothing more, though the event of its purchase, still on its way, does.
        return {"status": "released", "orderId": row["orderId"]}
    holds = row.get("holds") or {}
    quantity = row.get("quantity", holds.get("linearValue"))
    return {
        "status": row["status"],
        "orderId": row.get("orderId"),
        "productId": row.get("productId"),
        "skuCode": row.get("skuCode", holds.get("skuCode")),
        "quantity": None if quantity is None else float(quantity),
        "expireTime": row.get("expireTime"),
        "cause": row.get("cause", row.get("freezeCause")),
    }


def of_seller_api(shop, played):
    """What the application should have; its events only where it is said what was played, since that asks for much."""
    instances = {row["instanceId"]: state(row) for row in shop.all_of("instances", "instances")}
    # The list tells less of a code than of an instance.
    codes = {
        row["license"]: [row["status"], row.get("expireTime"), row.get("freezeCause")]
        for row in shop.all_of("licenses", "licenses")
    }
    orders = {row["orderId"] for row in shop.all_of("orders", "orders")}
    orders |= {one for one in played or () if one.startswith("CS")}
    tenants = {row["tenantId"] for row in shop.all_of("tenants", "tenants")}
    tenants |= {one for one in played or ("t-1",) if one.startswith("t-")}
    kinds = {"tenants": tenants}
    if played:
        kinds.update(instances=instances, licenses=codes, orders=orders)
    subjects = [f"{kind}/{quote(one, safe='')}" for kind, ids in kinds.items() for one in ids]
    events = {event["eventId"]: event for path in subjects for event in shop.all_of(f"{path}/events", "events")}
    members = ("tenantId", "instanceId", "appId")
    granted = [event["data"] for event in events.values() if event["type"].startswith("users.")]
    users = []
    for tenant, instance, application in {tuple(data[member] for member in members) for data in granted}:
        if instances[instance]["status"] != "released":
            path = f"tenants/{quote(tenant, safe='')}/users"
            for user in shop.all_of(path, "users", instanceId=instance, appId=application):
                if user["enabled"] and not user["revoked"]:
                    users.append([instance, application, user["userName"], user["name"], user["role"]])
    return {
        **({"events": {event_id: event["type"] for event_id, event in events.items()}} if played else {}),
        "instances": instances,
        "license codes": codes,
        "users": sorted(users),
        "requests for licenses that wait": list(shop.all_of("license-requests", "licenseRequests")),
        "customers of what is not released": sorted(i for i, row in instances.items() if row["status"] != "released"),
    }


def of_application(shop):
    """What it has, in the same form."""
    customers = "SELECT instances.id FROM instances JOIN customers ON customers.id = customerId WHERE name <> ''"
    codes = shop.rows("SELECT * FROM licenseCodes")
    return {
        "events": {row["id"]: row["type"] for row in shop.rows("SELECT * FROM events")},
        "instances": {row["id"]: state(row) for row in shop.rows("SELECT * FROM instances")},
        "license codes": {row["id"]: [row["status"], row["expireTime"], row["cause"]] for row in codes},
        "users": sorted(list(row.values()) for row in shop.rows("SELECT * FROM users")),
        "requests for licenses that wait": [],
        "customers of what is not released": sorted(row["id"] for row in shop.rows(customers)),
    }


def only_in(one, other):
    """What one side has, and the other one has not or has in another way."""
    if isinstance(one, dict):
        return {key: value for key, value in one.items() if key not in other or other[key] != value}
    return [value for value in one if value not in other]


def compare(shop, played=None):
    """Ends with what differs, if it still does after a while: an event may be on its way. Returns what is the same."""
    different, same = [], {}

    def is_same():
        there, here = of_seller_api(shop, played), of_application(shop)
        different[:] = [
            f"DIFFERENT: {what}\n  seller API   {only_in(there[what], here[what])}\n"
            f"  application  {only_in(here[what], there[what])}"
            for what in there
            if there[what] != here[what]
        ]
        same.update(here)
        return not different

    try:
        until("the same on both sides", is_same)
    except SystemExit:
        print("\n".join(different), flush=True)
        raise
    return same


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


def main(koogallery):
    lives = [argument for life in sorted((HERE / "lives").glob("*.json")) for argument in ("--play", str(life))]
    families = ["saas", "order-notice", "kit", "license", "online-license", "saas-v1", "kit-v1", "license-v1"]
    with tempfile.TemporaryDirectory() as folder, contextlib.closing(Shop(koogallery, Path(folder))) as shop:
        try:
            played = {"t-1"}
            played |= judge(shop, "answer", *(part for family in families for part in ("--family", family)), *lives)
            played |= judge(shop, "put", "--family", "saas", "--family", "saas-v1", *lives)
            for what, calls in kinds_of_calls(shop).items():
                for provision in ("answer", "put") if what == "purchase" else ("put",):
                    survive(shop, provision, what, calls)
            shop.start("put")
            shop.resend()
            same = compare(shop, played)
            if empty := [what for what in COMPARED if not same[what]]:
                raise SystemExit(f"FAILED: there is nothing to compare in {empty}")
            print("the same on both sides: " + ", ".join(f"{len(same[what])} {what}" for what in COMPARED), flush=True)
        except BaseException:
            for log in ("serve.log", "application.log"):
                print(f"--- the end of {log}\n" + "\n".join((Path(folder) / log).read_text().splitlines()[-30:]))
            raise


if __name__ == "__main__":
    main(str(Path(sys.argv[1]).resolve()))
