"""A flood of forged calls: what it invokes, what it writes, and that a good call is answered in between."""

import http.client
import json
import secrets
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

from until import until

FORGED = 200
# docs/cost.md: ten lines in each sandbox, then one for a hundred calls. A line is below 1 KB.
LINES, BYTES = 12, 1024


def forged(deployment):
    """Sends a forged call: the HTTP status and the body of the answer."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(deployment.address).netloc)
    query = urllib.parse.urlencode({
        "signature": secrets.token_hex(32), "timestamp": int(time.time() * 1000), "nonce": secrets.token_hex(16)})
    body = json.dumps({"activity": "newInstance", "orderId": "CS9", "orderLineId": "CS9-000001", "businessId": "b-9"})
    connection.request("POST", f"/?{query}", body, {"Content-Type": "application/json"})
    answered = connection.getresponse()
    return answered.status, answered.read()


def beyond_the_limit(world, deployment, door):
    """FrontDoorConcurrency: what comes while that many calls run gets HTTP 429."""
    deployment.deploy(world.template, {"FrontDoorConcurrency": "1"})
    door, proxy = deployment.functions[door.logical], deployment.cloud.proxy
    proxy.fault = ("no answer", "lambda:")
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(forged, deployment)
        until("the first call runs", lambda: door.running == 1)
        assert forged(deployment)[0] == 429, "the second call is beyond the limit"
        proxy.fault = None
        assert first.result()[0] == 200
    assert forged(deployment)[0] == 200, "then the next one is answered"
    print("    with FrontDoorConcurrency=1, a second call at the same time got HTTP 429")


def floods(world):
    deployment = world.deployment("shop")
    deployment.deploy(world.template, {"FrontDoorConcurrency": "20"})
    deployment.put_secrets(world.seller.secrets())
    assert world.seller.buy(deployment.address, "b-1") == "000004"
    door, new = deployment.functions["FrontDoorFunction"], deployment.functions["NewInstanceFunction"]
    invoked = {name: function.invocations for name, function in deployment.functions.items()}
    logged = {function.logical: len(function.log) for function in (door, new)}
    reads = deployment.cloud.proxy.calls.copy()

    def one(number):
        if number == FORGED // 2:
            return world.seller.buy(deployment.address, "b-2")
        return json.loads(forged(deployment)[1])["resultCode"]

    with ThreadPoolExecutor(4) as pool:
        codes = list(pool.map(one, range(FORGED + 1)))
    assert codes.pop(FORGED // 2) == "000004", "the good call in between"
    assert set(codes) == {"000001"}, set(codes)
    more = {name: function.invocations - invoked[name] for name, function in deployment.functions.items()}
    more = {name: count for name, count in more.items() if count}
    assert more.pop("LearnOrderFunction", 0) <= 2, "the two good calls made an event each"
    assert more == {door.logical: FORGED + 1, new.logical: FORGED + 1}, more
    asked = deployment.cloud.proxy.calls - reads
    for function in (door, new):
        lines = function.log[logged[function.logical]:]
        size, sandboxes = sum(map(len, lines)), len(function.all)
        print(f"    {function.logical}: {len(lines)} lines, {size} bytes by {sandboxes} sandboxes")
        assert len(lines) <= LINES * sandboxes + 2 and size <= len(lines) * BYTES, "the log of a flood is short"
    tables = sum(count for (_, action, _), count in asked.items() if action.startswith("dynamodb:"))
    assert tables <= 20, f"forged calls read nothing from the table: {asked}"
    beyond_the_limit(world, deployment, door)
    print(f"    {FORGED} forged calls: {FORGED} invocations of each of two functions, no other one; the good call was answered")
