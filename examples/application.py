"""A seller's application with a database: customers, instances, licenses and users, from KooGallery's events.

It needs Python 3.9 or newer and nothing else. docs/application.md is its guide; `--help` lists what can be set.

An event's id, what it changes and what it gives to do are one transaction, and the answer comes after it. So the process
may be killed at any point: nothing is lost, nothing counts twice, and the next start does what was still to do.
"""

import argparse
import base64
import hmac
import json
import os
import secrets
import sqlite3
import threading
import time
import traceback
import urllib.error
import urllib.request
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote, unquote, urlencode, urlsplit

# The columns have the names of the events' members, so no name is translated.
COLUMNS = ("id", "customerId", "orderId", "productId", "skuCode", "quantity", "expireTime", "status", "cause")
SCHEMA = f"""
    PRAGMA journal_mode = WAL;
    CREATE TABLE IF NOT EXISTS events (id PRIMARY KEY, type, takenAt DEFAULT CURRENT_TIMESTAMP);
    CREATE TABLE IF NOT EXISTS customers (id PRIMARY KEY, name);
    CREATE TABLE IF NOT EXISTS instances ({", ".join(COLUMNS)}, PRIMARY KEY (id));
    CREATE TABLE IF NOT EXISTS licenseCodes ({", ".join(COLUMNS)}, PRIMARY KEY (id));
    CREATE TABLE IF NOT EXISTS licenses (eventId PRIMARY KEY, instanceId, orderId, deviceFingerprint, text);
    CREATE TABLE IF NOT EXISTS users (instanceId, appId, userName, name, role, PRIMARY KEY (instanceId, appId, userName));
    -- What is still to be asked of the seller API, or put there. A newer task takes the place of an equal older one.
    CREATE TABLE IF NOT EXISTS tasks (id INTEGER PRIMARY KEY AUTOINCREMENT, path, body, instanceId, appId,
        tries DEFAULT 0, dueAt DEFAULT 0, UNIQUE (path, body));
"""
STATUSES = {"frozen": "frozen", "unfrozen": "active", "released": "released"}
MOST_BYTES, MOST_SECONDS_APART = 1 << 20, 300


class Shop:
    """The database, and what the events do to it."""

    def __init__(self, options):
        self.options, self.to_do = options, threading.Event()
        with closing(sqlite3.connect(options.database)) as db:
            db.executescript(SCHEMA)

    @contextmanager
    def transaction(self):
        """All that happens within is stored, or nothing of it."""
        with closing(sqlite3.connect(self.options.database, timeout=10, isolation_level=None)) as db:
            db.row_factory = sqlite3.Row
            db.execute("BEGIN IMMEDIATE")
            with db:
                yield db

    def take(self, event_id, event):
        """Works on an event, once. The answer to a purchase is the buyer's way in, also when the event comes again."""
        with self.transaction() as db:
            if db.execute("INSERT OR IGNORE INTO events (id, type) VALUES (?, ?)", (event_id, event["type"])).rowcount:
                self.work_on(db, event_id, event["type"], event["data"])
        self.to_do.set()
        is_asked = event["type"] == "instance.created" and self.options.provision == "answer"
        return {"appInfo": self.way_in(event["data"]["instanceId"])} if is_asked else None

    def way_in(self, instance):
        """Where the buyer finds the product. Your own application makes an account here."""
        return {"frontEndUrl": f"{self.options.address}/app/{path_of(instance)}"}

    def work_on(self, db, event_id, event_type, data):
        (subject, _, word), instance = event_type.partition("."), data.get("instanceId")
        table, one = ("licenseCodes", data["license"]) if "license" in data else ("instances", instance)
        was = next(iter(rows(db, f"SELECT * FROM {table} WHERE id = ?", one)), {})
        if was.get("status") == "released":
            return  # It stays so, and nothing personal comes back.
        if event_type == "license.requested":
            self.make_license(db, event_id, instance, data)
        elif subject in ("instance", "license"):
            self.keep(db, table, {"id": one, "orderId": data.get("orderId"), **was}, word, data)
        elif subject == "users" and instance:
            # An event names at most some of its users. So the whole directory is read, as it is at that time.
            query = urlencode({"instanceId": instance, "appId": data["appId"], "limit": 200})
            self.add_task(db, f"{path_of('tenants', data['tenantId'], 'users')}?{query}", None, instance, data["appId"])
        if event_type == "instance.created" and self.options.provision == "put":
            self.add_task(db, path_of("instances", instance, "app-info"), self.way_in(instance), instance)

    def keep(self, db, table, was, word, data):
        """Takes what an event says as the values from now on, and follows frozen, unfrozen and released."""
        row = {**dict.fromkeys(COLUMNS), "status": "active", **was}
        row.update({name: data[name] for name in ("productId", "skuCode", "quantity", "expireTime") if name in data})
        if word in STATUSES:
            row.update(status=STATUSES[word], cause=data.get("cause"))
        if data.get("customerName"):
            # Until an order's details bring KooGallery's id of the buyer, the purchase itself stands for the customer.
            buyer = data.get("order", {}).get("buyerInfo", {}).get("customerId")
            row["customerId"] = buyer or row["customerId"] or row["id"]
            db.execute("INSERT OR REPLACE INTO customers VALUES (?, ?)", (row["customerId"], data["customerName"]))
        if word == "released":
            # What is personal goes with the instance, and the customer with the last one.
            row["customerId"] = None
            for part in ("users", "licenses", "tasks") if table == "instances" else ():
                db.execute(f"DELETE FROM {part} WHERE instanceId = ?", (row["id"],))
        db.execute(f"INSERT OR REPLACE INTO {table} VALUES ({', '.join(f':{name}' for name in COLUMNS)})", row)
        db.execute("""DELETE FROM customers WHERE NOT EXISTS (SELECT 1 FROM instances WHERE customerId = customers.id)
            AND NOT EXISTS (SELECT 1 FROM licenseCodes WHERE customerId = customers.id)""")
        seats = f", {row['quantity']:g} seats" if row["quantity"] is not None else ""
        print(f"{table[:-1]} {row['id']} {word}{seats}", flush=True)

    def make_license(self, db, event_id, instance, data):
        """Makes the license for a device, or that of an order (License 1.0), and has it handed in."""
        if instance:
            path, more = path_of("instances", instance, "licenses", data["eventId"]), "deviceFingerprint"
        else:
            path, more = path_of("orders", data["orderId"], "license"), "productId"
        text = f"LICENSE-{secrets.token_hex(16)}"
        row = (event_id, instance, data.get("orderId"), data.get("deviceFingerprint"), text)
        db.execute("INSERT INTO licenses VALUES (?, ?, ?, ?, ?)", row)
        self.add_task(db, path, {"text": text, **({more: data[more]} if more in data else {})}, instance)
        print(f"license made for {path}", flush=True)

    def add_task(self, db, path, body, instance, application=None):
        task = (path, json.dumps(body) if body else "", instance, application)
        db.execute("INSERT OR REPLACE INTO tasks (path, body, instanceId, appId) VALUES (?, ?, ?, ?)", task)

    def do_tasks(self):
        """Does one task after the other, as long as the process runs."""
        while True:
            try:
                with self.transaction() as db:
                    due = rows(db, "SELECT * FROM tasks WHERE dueAt <= ? ORDER BY id LIMIT 1", time.time())
                if due:
                    self.do(due[0])
                    continue
            except Exception:
                traceback.print_exc()  # Such as a full disk. The task is still there.
            self.to_do.wait(1)
            self.to_do.clear()

    def do(self, task):
        users, again_at = None, None
        try:
            if task["body"]:
                self.call("PUT", task["path"], task["body"].encode())
            else:
                users = list(self.users_with_access(task["path"]))
        except (OSError, ValueError, LookupError) as error:
            final = isinstance(error, urllib.error.HTTPError) and error.code in {400, 404, 409, 422}
            again_at = float("inf") if final else time.time() + min(2 ** task["tries"], 300)
            print(f"{task['path']}: {error}; {'given up' if final else 'tried again'}", flush=True)
        with self.transaction() as db:
            if again_at is not None:
                db.execute("UPDATE tasks SET tries = tries + 1, dueAt = ? WHERE id = ?", (again_at, task["id"]))
            # What a newer task or a release took the place of meanwhile stores nothing.
            elif db.execute("DELETE FROM tasks WHERE id = ?", (task["id"],)).rowcount and users is not None:
                of = (task["instanceId"], task["appId"])
                db.execute("DELETE FROM users WHERE instanceId = ? AND appId = ?", of)
                new = [(*of, user["userName"], user["name"], user["role"]) for user in users]
                db.executemany("INSERT INTO users VALUES (?, ?, ?, ?, ?)", new)
                print(f"instance {of[0]} has {len(new)} users", flush=True)

    def users_with_access(self, path):
        cursor = ""
        while cursor is not None:
            page = json.loads(self.call("GET", path + (cursor and f"&cursor={path_of(cursor)}")))
            yield from (user for user in page["users"] if user["enabled"] and not user["revoked"])
            cursor = page.get("next")

    def call(self, method, path, body=None):
        headers = {"Authorization": f"Bearer {self.options.api_token}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.options.seller_api}/v1/{path}", body, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read()


def rows(db, sql, *values):
    return [dict(row) for row in db.execute(sql, values)]


def instances(db, column, value):
    """Instances with what belongs to them: one by its `id`, or those of a `customerId`."""
    for row in rows(db, f"SELECT * FROM instances WHERE {column} = ?", value):
        for part in ("licenses", "users"):
            row[part] = rows(db, f"SELECT * FROM {part} WHERE instanceId = ?", row["id"])
        yield row


def customers(db):
    for row in rows(db, "SELECT * FROM customers ORDER BY id"):
        row["licenseCodes"] = rows(db, "SELECT * FROM licenseCodes WHERE customerId = ?", row["id"])
        yield {**row, "instances": list(instances(db, "customerId", row["id"]))}


def path_of(*segments):
    return "/".join(quote(segment, safe="") for segment in segments)


def is_signed(keys, headers, body):
    """Whether one of the keys signed this, within the last minutes: https://www.standardwebhooks.com."""
    signed_at = headers.get("webhook-timestamp", "")
    if not signed_at.isdecimal() or abs(time.time() - int(signed_at)) > MOST_SECONDS_APART:
        return False
    content = f"{headers.get('webhook-id', '')}.{signed_at}.".encode() + body
    right = [b"v1," + base64.b64encode(hmac.digest(key, content, "sha256")) for key in keys]
    given = headers.get("webhook-signature", "").encode().split()
    return any(hmac.compare_digest(one, other) for one in right for other in given)


class Handler(BaseHTTPRequestHandler):
    """POST takes an event, at any path. GET shows /customers, /customers/INSTANCE, and the product at /app/INSTANCE."""

    protocol_version, timeout = "HTTP/1.1", 300

    def do_POST(self):
        length, shop = self.headers.get("content-length", ""), self.server.shop
        if not length.isdecimal() or int(length) > MOST_BYTES:
            self.close_connection = True
            return self.answer(413, {"problem": f"an event has a Content-Length, of at most {MOST_BYTES}"})
        body = self.rfile.read(int(length))
        if not is_signed(shop.options.keys, self.headers, body):
            return self.answer(401, {"problem": "no secret of WEBHOOK_SECRET signed this in the last five minutes"})
        try:
            answer = shop.take(self.headers["webhook-id"], json.loads(body))
        except Exception:  # Whatever it was: nothing is stored, and the event comes again.
            traceback.print_exc()
            return self.answer(500, {"problem": "the event is not stored"})
        self.answer(200 if answer else 204, answer)

    def do_GET(self):
        page, _, instance = urlsplit(self.path).path.strip("/").partition("/")
        with self.server.shop.transaction() as db:
            everybody = list(customers(db)) if (page, instance) == ("customers", "") else None
            found = next(instances(db, "id", unquote(instance)), None)
        if page == "customers" and (found or everybody is not None):
            return self.answer(200, found or everybody)
        if page == "app" and found and found["status"] == "active":
            return self.answer(200, {"welcome": instance, **{name: found[name] for name in ("quantity", "expireTime")}})
        self.answer(404, {"problem": "no such page or customer, or access has ended"})

    def answer(self, status, value):
        text = b"" if value is None else json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n"
        self.send_response(status)
        if value is not None:
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


def options():
    parser = argparse.ArgumentParser(
        description="A seller's application: KooGallery's customers in SQLite. Variables set the same as options.",
        epilog="Secrets are variables only: WEBHOOK_SECRET (several with spaces between) and API_TOKEN.",
    )
    for name, default, text in (
        ("listen", "127.0.0.1:9100", "the address and port to listen on; whoever reaches it sees /customers"),
        ("address", "", "where buyers reach it, if that is not http:// and the same"),
        ("database", "customers.db", "the file of the database"),
        ("seller-api", "http://127.0.0.1:9000/seller-api", "where the seller API is, without /v1"),
        ("provision", "answer", "how the buyer's way in is sent: `answer` to the event, or `put` it later"),
    ):
        variable = name.upper().replace("-", "_")
        default = os.environ.get(variable) or default
        parser.add_argument(f"--{name}", default=default, help=f"{text} [{variable}; {default or 'not set'}]")
    chosen = parser.parse_args()
    secret, chosen.api_token = os.environ.get("WEBHOOK_SECRET", ""), os.environ.get("API_TOKEN", "")
    if not secret or not chosen.api_token:
        parser.error("WEBHOOK_SECRET and API_TOKEN must be set; `koogallery serve` prints those for tests")
    if chosen.provision not in ("answer", "put") or not chosen.listen.rpartition(":")[0]:
        parser.error("--provision is `answer` or `put`, and --listen ADDRESS:PORT")
    try:
        chosen.keys = [base64.b64decode(one.removeprefix("whsec_"), validate=True) for one in secret.split()]
    except ValueError:
        parser.error("WEBHOOK_SECRET is `whsec_` and base64; several have a space between")
    chosen.seller_api = chosen.seller_api.rstrip("/").removesuffix("/v1")
    return chosen


def main(chosen):
    host, _, port = chosen.listen.rpartition(":")
    try:
        server = ThreadingHTTPServer((host, int(port)), Handler)
        chosen.address = chosen.address.rstrip("/") or f"http://{host}:{server.server_port}"
        server.shop = Shop(chosen)
    except (OSError, OverflowError, ValueError, sqlite3.Error) as error:
        raise SystemExit(f"cannot listen on {chosen.listen} with the database {chosen.database}: {error}")
    threading.Thread(target=server.shop.do_tasks, daemon=True).start()
    print(f"listening on http://{host}:{server.server_port}/", flush=True)
    with suppress(KeyboardInterrupt):
        server.serve_forever()


if __name__ == "__main__":
    main(options())
