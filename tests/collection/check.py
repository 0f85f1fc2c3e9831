"""Holds examples/collection/ against the description of the seller API: `python3 check.py KOOGALLERY NEWMAN`.

It is what the description makes, and each of its requests, sent by Postman's own runner, reaches its route.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
COLLECTION = ROOT / "examples" / "collection" / "seller-api.postman_collection.json"
TOKEN = "koogallery-local-test-token"
# What KooGallery would have done before: a buyer paid, and an enterprise uses the product.
CALLS = (
    ["newInstance", "orderId=CS1", "businessId=b-1", "--quantity", "10", "--buyer", "Example Ltd"],
    ["tenantSync", "instanceId=b-1", "orderId=CS1", "tenantId=t-1", "tenantCode=one", "name=One",
     "domainName=https://one.example.com", "flag:=1"],
    ["authSync", "instanceId=b-1", "tenantId=t-1", "appId=a-1", "flag:=1",
     'userList:=[{"userName":"ann","name":"Ann","orgCode":"o1","role":"admin","enable":"true"}]'],
    ["refreshLicenseCode", "license=C-1", "scene=RENEWAL", "orderId=CS2", "orderLineId=CS2-000001", "expireTime=20301231160000000"],
)  # fmt: skip
# What nothing was bought or said for: the answer says what is missing, and not that the request is wrong.
HAS_NO_OBJECT = {
    "discardEvents", "resendEvents", "eraseInstance", "eraseLicense", "putLicense", "putOrderLicense", "putProvisioningFailure",
    "getApplication", "tellClientSecret", "getUsageInfo", "putUsageInfo", "takeUsageRecords", "parkUsageHour",
    "resendUsageHour", "getPackageUse", "putPackageQuota", "activateLicense", "licenseHeartbeat", "getWarning",
    "acknowledgeWarning", "snoozeWarning", "getDemand", "changeDemand",
    "getStatement", "listStatementRows", "addStatementRows", "finishStatement"
}  # fmt: skip

# What the examples of the description cannot say.
BUT = {
    "pushUsage": "more than 21 days ago",
    "listUsageHours": "give instanceId, or state",
    "listOrderFacts": "give `from` and `to`, or `ids`",
}


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def get(address):
    for _ in range(300):
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                return answer.read()
        except ConnectionError:
            time.sleep(0.1)
        except urllib.error.URLError as error:
            if not isinstance(error.reason, ConnectionError):
                raise
            time.sleep(0.1)
    raise SystemExit(f"FAILED: nothing answers at {address}")


def check_is_fresh(folder, address):
    (folder / "description.json").write_bytes(get(f"{address}/seller-api/v1/openapi.json"))
    make = [sys.executable, COLLECTION.parent / "make.py", folder / "description.json"]
    made = subprocess.run(make, check=True, capture_output=True).stdout
    if made != COLLECTION.read_bytes():
        raise SystemExit(
            f"FAILED: {COLLECTION.relative_to(ROOT)} is stale. While `koogallery serve` runs, make it anew:\n"
            f"  cd {COLLECTION.parent.relative_to(ROOT)}\n"
            f"  python3 make.py http://127.0.0.1:9000/seller-api/v1/openapi.json >{COLLECTION.name}"
        )


def check_requests(folder, address, newman):
    report = folder / "report.json"
    command = [newman, "run", COLLECTION, "--reporters", "json", "--reporter-json-export", report]
    command += ["--env-var", f"baseUrl={address}/seller-api", "--timeout-request", "60000"]
    ran = subprocess.run(command, capture_output=True, text=True)
    if not report.exists():
        raise SystemExit(f"FAILED: newman did not run: {ran.stdout}{ran.stderr}")
    done = json.loads(report.read_text())["run"]["executions"]
    wrong = []
    for one in done:
        name, answer = one["item"]["name"], one.get("response", {})
        status, text = answer.get("code"), bytes(answer.get("stream", {}).get("data", [])).decode()
        is_right = status in (200, 201, 202, 204)
        # Never that the route, the token, the method or the form of the request is wrong.
        is_refused = name in HAS_NO_OBJECT and status in (404, 409, 422, 503) and "no-such-route" not in text
        is_refused |= BUT.get(name, "?") in text
        if not is_right and not is_refused:
            wrong.append(f"{name}: {status} {text[:300]}")
    asked = sum(len(folder["item"]) for folder in json.loads(COLLECTION.read_text())["item"])
    if wrong or len(done) != asked:
        raise SystemExit(f"FAILED: {len(done)} of {asked} requests sent\n" + "\n".join(wrong))
    print(f"the collection is fresh, and each of its {asked} requests reaches its route", flush=True)


def main(koogallery, newman):
    address, open_api = f"http://127.0.0.1:{free_port()}", free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("KOOGALLERY_", "DYNAMODB_"))}
    caller = {**environment, "KOOGALLERY_OPEN_API_URL": f"http://127.0.0.1:{open_api}/"}
    command = [koogallery, "serve", "--listen", address.removeprefix("http://"), "--play-koogallery", f"127.0.0.1:{open_api}"]
    with tempfile.TemporaryDirectory() as folder, open(Path(folder) / "serve.log", "wb") as log:
        serve = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            check_is_fresh(Path(folder), address)
            for call in CALLS:
                subprocess.run([koogallery, "call", *call, "--to", f"{address}/"], env=caller, check=True, capture_output=True)
            check_requests(Path(folder), address, newman)
        finally:
            serve.kill()
            serve.wait()


if __name__ == "__main__":
    main(str(Path(sys.argv[1]).resolve()), sys.argv[2])
