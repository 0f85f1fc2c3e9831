"""Sends events straight to the application: signed rightly and wrongly, late, twice; and one of each kind."""

import base64
import hashlib
import hmac
import itertools
import json
import time
import urllib.error
import urllib.request
from pathlib import Path

from shop import SECRET

SCHEMAS = Path(__file__).resolve().parent.parent.parent / "docs" / "events"
NOW = "2026-01-02T03:04:05.678Z"
STRANGER = "whsec_c3RyYW5nZXJzdHJhbmdlcnN0cmFuZ2Vy"
MOST_SECONDS_APART = 300
numbers = itertools.count(1)


def signature(secret, event_id, timestamp, body):
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return "v1," + base64.b64encode(hmac.digest(key, f"{event_id}.{timestamp}.".encode() + body, hashlib.sha256)).decode()


def signed(body, secret=SECRET, seconds=0, event_id=None):
    event_id, timestamp = event_id or f"direct-{next(numbers)}", str(int(time.time()) + seconds)
    return {
        "webhook-id": event_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": signature(secret, event_id, timestamp, body),
    }


def send(shop, body, headers):
    """Returns the status and the answer."""
    headers = {"content-type": "application/json", **headers}
    request = urllib.request.Request(f"http://127.0.0.1:{shop.port}/", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def purchase(instance):
    return json.dumps(
        {"type": "instance.created", "timestamp": NOW, "data": {"instanceId": instance, "orderId": "CS9"}}
    ).encode()


def expect(what, is_so):
    if not is_so:
        raise SystemExit(f"FAILED: {what}")


def check_signatures(shop):
    """What nobody signed is refused and does nothing; what is signed works once, however often it comes."""
    refused = purchase("b-refused")
    other = signature(STRANGER, "rotated", "1", b"")
    for what, body, headers in (
        ("another secret", refused, signed(refused, STRANGER)),
        ("another body", refused, signed(refused + b" ")),
        ("another id", refused, {**signed(refused), "webhook-id": "another"}),
        ("another time", refused, {**signed(refused), "webhook-timestamp": str(int(time.time()) - 1)}),
        ("an old time", refused, signed(refused, seconds=-MOST_SECONDS_APART - 5)),
        ("a time to come", refused, signed(refused, seconds=MOST_SECONDS_APART + 5)),
        ("no time", refused, {**signed(refused), "webhook-timestamp": "yesterday"}),
        ("no signature", refused, {**signed(refused), "webhook-signature": ""}),
        ("a signature of another version", refused, {**signed(refused), "webhook-signature": "v1a," + other[3:]}),
        *((f"no {name}", refused, {k: v for k, v in signed(refused).items() if k != name}) for name in signed(b"")),
    ):
        status, _ = send(shop, body, headers)
        expect(f"an event with {what} was answered with {status}, not with 401", status == 401)
    taken = purchase("b-taken")
    headers = signed(taken, seconds=-MOST_SECONDS_APART + 30)
    # While the secret is changed, there are two signatures.
    headers["webhook-signature"] = f"{other} {headers['webhook-signature']}"
    for _ in range(3):
        status, answer = send(shop, taken, headers)
        expect(f"a purchase was answered with {status}, {answer}", status == 200)
        way_in = json.loads(answer)["appInfo"]["frontEndUrl"]
        expect(f"the way in is {way_in}", way_in.startswith(("http://", "https://")) and way_in.endswith("b-taken"))
    text = shop.log_path.read_text()
    expect("it did not work on a purchase once", text.count("b-taken") == 1)
    expect("it worked on what it refused", "b-refused" not in text)
    broken = b'{"type":"instance.created"'
    expect("an event that is no JSON was taken", send(shop, broken, signed(broken))[0] // 100 in (4, 5))
    expect("it did not survive what is no JSON", send(shop, taken, signed(taken, event_id=headers["webhook-id"]))[0] == 200)


def sample(schema, name=""):
    """The least that a schema lets pass."""
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    kind = schema.get("type")
    if kind == "object":
        properties, required = schema["properties"], schema.get("required") or schema["anyOf"][0]["required"]
        return {member: sample(properties[member], member) for member in required}
    if kind == "array":
        return [sample(schema["items"], name) for _ in range(schema.get("minItems", 0))]
    return {"integer": 1, "number": 1.5}.get(kind, NOW if "pattern" in schema else f"every-{name}")


def check_every_event(shop):
    """Each kind of event is taken, with the fewest members that it may have, and so is one that nobody knows."""
    schemas = [json.loads(path.read_text()) for path in sorted(SCHEMAS.glob("*.json"))]
    expect("there are no schemas of events", len(schemas) > 25)
    events = [sample(schema) for schema in schemas] + [{"type": "something.new", "timestamp": NOW, "data": {}}]
    # After a release, an event of the same instance does nothing.
    last = [event for event in events if event["type"].endswith(".released")]
    for event in [event for event in events if event not in last]:
        take(shop, event)
    check_kept(shop)
    for event in last:
        take(shop, event)
    print(f"each of {len(events)} kinds of events is taken", flush=True)


def take(shop, event):
    body = json.dumps(event).encode()
    status, answer = send(shop, body, signed(body))
    expect(f"{event['type']} was answered with {status}, {answer}", status in (200, 204))


def check_kept(shop):
    """What no call of the other checks brings."""
    if not shop.kind.knows_all:
        return
    instance = shop.rows("SELECT * FROM instances WHERE id = 'every-instanceId'")[0]
    of_events = {"used": 1.5, "quota": 1.5, "acceptanceTime": NOW, "status": "active"}
    expect(f"the instance is {instance}", {name: instance[name] for name in of_events} == of_events)
    expect("nobody signed in", [row["lastAt"] for row in shop.rows("SELECT * FROM signIns")] == [NOW])
    expect("no order is paid", [row["id"] for row in shop.rows("SELECT * FROM paidOrders")] == ["every-orderLineId"])
