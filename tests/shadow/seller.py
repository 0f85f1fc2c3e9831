"""A seller's own code before it moves in, with the faults that such code has: `python3 seller.py KEY [MENDED]…` prints its address.

It answers SaaS V1.0 (GET) and V2.0 (POST), and keeps its state in memory. Each fault has a name, and a comment that says why people
write it so. A fault that is named on the command line is mended, so that it can be told which case finds it.
"""

import base64
import calendar
import hashlib
import hmac
import http.server
import json
import sys
import time
import urllib.parse

KEY, MENDED = sys.argv[1], set(sys.argv[2:])
IDS = ("orderId", "orderLineId", "businessId", "productId")
WORDS = {"scene": ("TRIAL_TO_FORMAL", "RENEWAL", "UNSUBSCRIBE_RENEWAL_PERIOD", "RENEWAL_CHANGE"), "status": ("FREEZE", "UNFREEZE")}
SUCCESS, FORGED, INVALID, UNKNOWN, INTERNAL = "000000", "000001", "000002", "000003", "000005"
instances, purchases, nonces = {}, {}, set()


class Refused(Exception):
    """A call that is not carried out: a result code, and words."""


def has(fault):
    return fault not in MENDED


def mac(key, data):
    return hmac.new(key.encode(), data, hashlib.sha256)


def pairs(query):
    # blanks: Python's parser leaves out parameters that are blank, unless it is told to keep them. They are signed.
    return dict(urllib.parse.parse_qsl(query, keep_blank_values=not has("blanks")))


def v1(query):
    """The parameters of a call that is genuine."""
    # plus: a parser of forms reads a `+` as a space, also where KooGallery sends a `+` as it is, or a proxy has decoded the token.
    for reading in [query] if has("plus") else [query, query.replace("+", "%2B")]:
        call = pairs(reading)
        token = call.pop("authToken", "")
        signed = "&".join(f"{name}={call[name]}" for name in sorted(call))
        right = base64.b64encode(mac(KEY + call.get("timeStamp", ""), signed.encode()).digest()).decode()
        # `==` tells by its time how much of a token is right. No case can see that.
        if right == token or (not has("plus") and right == token.replace(" ", "+")):
            break
    else:
        raise Refused(FORGED, "authToken is wrong")
    # time: the token is right for ever, so a call that was listened in on is good in a year. The guide's sample for V1.0 looks only at the token.
    if not has("time"):
        check_time(calendar.timegm(time.strptime(call["timeStamp"][:14], "%Y%m%d%H%M%S")) * 1000)
    return call


def v2(query, body):
    """The members of a call that is genuine."""
    said = pairs(query)
    # rewritten: a framework hands over what it has parsed, and it is written anew to be verified: other bytes, if there is any Chinese in it.
    call = json.loads(body)
    covered = json.dumps(call, sort_keys=True, separators=(",", ":")).encode() if has("rewritten") else body
    for name in ("timestamp", "nonce"):
        if not said.get(name):
            raise Refused(INVALID, f"{name} is missing")
    check_time(int(said["timestamp"].ljust(13, "0")))
    canonical = KEY + said["nonce"] + said["timestamp"] + mac(KEY, covered).hexdigest()
    if not hmac.compare_digest(mac(KEY, canonical.encode()).hexdigest(), said.get("signature", "").lower()):
        raise Refused(FORGED, "the signature is wrong")
    # nonce: it is signed and never kept, as in the guide's sample. Then a call can be sent again within a minute.
    if not has("nonce"):
        if said["nonce"] in nonces:
            raise Refused(FORGED, "the nonce was used before")
        nonces.add(said["nonce"])
    return call


def check_time(milliseconds):
    if abs(time.time() * 1000 - milliseconds) > 60_000:
        raise Refused(INVALID, "it was signed too long ago")


def carried_out(call, is_v1):
    # unchecked: the caller is KooGallery, which sends what its guide says. The database cuts off what is too long; other words than those
    # expected go where the last branch leads: every status but one is a freeze.
    if not has("unchecked"):
        wrong = [name for name in IDS if len(str(call.get(name))) > 64]
        wrong += [name for name in WORDS if name in call and call[name] not in WORDS[name]]
        if wrong:
            raise Refused(INVALID, f"{wrong[0]} is too long, or no such word")
    # debug-ignored: V1.0's handler stores testFlag and forgets it, so the debug page's calls twice a day become customers.
    # debug-number: V2.0's handler came later and looks at the text "1", but the flag comes as a number too.
    flag = call.get("testFlag")
    is_debug = (not is_v1 or not has("debug-ignored")) and (flag == "1" or (flag == 1 and not has("debug-number")))
    handler = ACTIVITIES.get(call.get("activity"))
    if handler is None:
        # any-activity: the reply begins as a success, and the switch has no default. An activity that KooGallery adds succeeds unheard:
        # `instanceStatus` and `changeInstanceCheck` are such ones.
        if has("any-activity"):
            return {}
        raise Refused(INVALID, "the activity is unknown")
    if is_debug and handler is buy:
        return {"instanceId": "debug", "appInfo": access("debug")}
    return {} if is_debug else handler(call, is_v1)


def found(instance_id):
    instance = instances.get(instance_id)
    # revived: a release marks the row. Whoever looks for the row finds it, and a renewal or an unfreeze puts it back to work.
    if instance is None or (instance["status"] == "released" and not has("revived")):
        # not-found: to the code it is an internal error. KooGallery repeats the call for hours instead of hearing that there is nothing.
        raise Refused(INTERNAL if has("not-found") else UNKNOWN, "there is no such instance")
    return instance


def buy(call, is_v1):
    # repeats: businessId becomes the instance's id, so the purchase is looked for by it. A repeat has another one.
    line = call["businessId"] if has("repeats") else (call["orderId"], call.get("productId") or call["orderLineId"])
    if line not in purchases:
        purchases[line] = call["businessId"]
        page = urllib.parse.quote(call.get("customerName", ""))
        instances[call["businessId"]] = {"status": "active", "expireTime": call.get("expireTime"), "appInfo": access(page)}
    reply = {"instanceId": purchases[line]}
    if is_v1:
        reply["appInfo"] = instances[purchases[line]]["appInfo"].copy()
        # clear: the demo account's password is no secret, so nobody thought of V1.0's cipher. KooGallery decrypts all the same.
        if call.get("trialFlag") == "1" and has("clear"):
            reply["appInfo"] |= {"userName": "demo", "password": "demo123"}
    return reply


def access(page):
    return {"frontEndUrl": f"https://old.example.com/{page}"}


def query(call, is_v1):
    # one-id: the guide's table has an id here; that it may be a hundred, with commas between them, stands in the text.
    ids = [call["instanceId"]] if has("one-id") else [one.strip() for one in call["instanceId"].split(",") if one.strip()]
    return {"info": [{"instanceId": one, "appInfo": found(one)["appInfo"]} for one in ids]}


def renew(call, is_v1):
    found(call["instanceId"]).update(status="active", expireTime=call["expireTime"])
    return {"resultMsg": "续费成功"} if is_v1 else {}


def set_status(call, is_v1):
    instance, status = found(call["instanceId"]), {"UNFREEZE": "active"}.get(call.get("status"), "frozen")
    # twice: a freeze of what is frozen looks like a mistake. KooGallery repeats it because the first reply got lost.
    if instance["status"] == status == "frozen" and has("twice"):
        raise Refused(INTERNAL, "it is frozen already")
    instance["status"] = status
    return {}


def release(call, is_v1):
    if instances.get(call["instanceId"], {}).get("status") != "released":
        found(call["instanceId"])["status"] = "released"
    return {}


def upgrade(call, is_v1):
    found(call["instanceId"])
    return {}


ACTIVITIES = {"newInstance": buy, "queryInstance": query, "refreshInstance": renew, "expireInstance": set_status, "releaseInstance": release,
              "updateInstanceStatus": set_status, "upgrade": upgrade, "upgradeInstance": upgrade}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # A reply is written as one piece.
    wbufsize = -1

    def do_GET(self):
        self.answer(lambda: v1(urllib.parse.urlsplit(self.path).query), is_v1=True)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        self.answer(lambda: v2(urllib.parse.urlsplit(self.path).query, body), is_v1=False)

    def answer(self, genuine, is_v1):
        status, reply, is_signed = 200, {"resultCode": SUCCESS, "resultMsg": "success"}, is_v1
        try:
            reply |= carried_out(genuine(), is_v1)
        except Refused as refused:
            code, words = refused.args
            reply = {"resultCode": code, "resultMsg": words}
            if code in (FORGED, INVALID):
                # status: whoever writes interfaces answers a bad call with 401 or 400. KooGallery reads a reply only from 200.
                status = (401 if code == FORGED else 400) if has("status") and not is_v1 else 200
                # unsigned: the check stands before the code that signs replies.
                is_signed = is_v1 and not has("unsigned")
        except (KeyError, ValueError, AttributeError, TypeError):
            # exceptions: what is missing in a call throws, and the framework's page for errors goes out.
            if has("exceptions"):
                return self.send(500, b"<h1>Internal Server Error</h1>", "text/html")
            reply = {"resultCode": INVALID, "resultMsg": "a member is missing"}
        written = json.dumps(reply).encode()
        headers = {}
        if is_signed:
            signature = base64.b64encode(mac(KEY, written).digest()).decode()
            headers["Body-Sign"] = f'sign_type="HMAC-SHA256", signature="{signature}"'
        # chinese: one writer of JSON escapes Chinese, and the framework's other one does not: what was signed is not what is sent.
        self.send(status, json.dumps(reply, ensure_ascii=not has("chinese")).encode(), "application/json", headers)

    def send(self, status, body, content_type, headers={}):
        self.send_response(status)
        for name, value in {"Content-Type": content_type, "Content-Length": len(body), **headers}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        print(f"http://127.0.0.1:{server.server_port}/", flush=True)
        server.serve_forever()
