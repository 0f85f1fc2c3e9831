"""Has examples/entitlements.py do what the lines of the standard input say, by a clock of its own."""

import concurrent.futures
import importlib.util
import os
import sys
import time

specification = importlib.util.spec_from_file_location("entitlements", sys.argv[2])
entitlements = importlib.util.module_from_spec(specification)
specification.loader.exec_module(entitlements)
passed = 0.0
client = entitlements.Entitlements(sys.argv[1], os.environ["API_TOKEN"], clock=lambda: time.monotonic() + passed)


def get(instance):
    try:
        return client.get(instance)["access"]
    except entitlements.UnknownInstance:
        return "unknown"
    except entitlements.Unavailable:
        return "away"


threads = concurrent.futures.ThreadPoolExecutor(8)
for line in sys.stdin:
    what, argument = line.split()
    answer = "done"
    if what == "get":
        answer = get(argument)
    elif what == "many":
        answer = ",".join(sorted(set(threads.map(get, [argument] * 8))))
    elif what == "start":
        started = threads.submit(get, argument)
    elif what == "end":
        answer = started.result()
    elif what == "forget":
        client.forget(argument)
    elif what == "pass":
        passed += float(argument)
    print(answer, flush=True)
