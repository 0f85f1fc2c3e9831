"""Several hosts over one store: killed, paused for longer than a lease, cut off from the store, while KooGallery calls all of them.

At the end, the application has every event, those of a subject in order, and none twice but where its sender was disturbed before it
could note the answer. A host that was paused sends nothing that another one has delivered meanwhile.

    check.py BINARY STORE [--events N] [--library DIR] [--seed N]

STORE is `embedded` or `dynamodb-local`.
"""

import argparse
import random
import re
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from receiver import Receiver
from seller import GO, STOP, Process, Proxy, call, dynamodb_local, embedded_store

TIMEOUT, LEASE = 2, 8
EVENTS_OF_ONE = 10
CALLERS = 16
ANSWER = 0.02  # seconds until the application answers


class Host:
    """One of the hosts, over all its starts."""

    def __init__(self, world, name):
        self.world, self.name, self.starts, self.disturbed = world, name, 0, []
        self.proxy = Proxy(world.store_port)
        self.begin()

    def begin(self):
        self.starts += 1
        self.path = f"{self.name}.{self.starts}"
        self.process = Process(self.world.binary, ["--dynamodb-endpoint", f"http://127.0.0.1:{self.proxy.port}"], {
            "AWS_ACCESS_KEY_ID": self.world.credential, "AWS_SECRET_ACCESS_KEY": "any", "AWS_REGION": "any",
            "KOOGALLERY_TABLE": self.world.table, "KOOGALLERY_WEBHOOK_URL": self.world.receiver.url(self.path),
            "KOOGALLERY_WEBHOOK_TIMEOUT_SECONDS": str(TIMEOUT), "KOOGALLERY_LEASE_SECONDS": str(LEASE),
        }, f"{self.world.folder}/{self.name}.log")

    def disturb(self, how):
        path, began = self.path, time.monotonic()
        trouble = [path, how, began, float("inf")]
        self.disturbed.append(trouble)
        if how == "killed":
            self.process.kill()
            self.begin()
            return
        if how == "paused":
            self.process.signal(STOP)
            time.sleep(LEASE + 2)
            self.process.signal(GO)
        else:
            self.proxy.cut()
            time.sleep(LEASE + 2)
            self.proxy.mend()
        trouble[3] = time.monotonic()


class World:
    def __init__(self, options, folder, hosts):
        self.binary, self.folder, self.table = options.binary, folder, f"hosts-{hosts}"
        self.receiver = Receiver(ANSWER)
        start = embedded_store(self.binary, folder) if options.store == "embedded" else dynamodb_local(options.library, folder)
        self.store, self.store_port, self.credential = start
        try:
            self.hosts = [Host(self, f"h{number}") for number in range(hosts)]
        except BaseException:
            self.store.kill()
            raise

    def end(self):
        for host in self.hosts:
            host.process.kill()
        self.store.kill()

    def live(self, instance, chance):
        """Everything that happens to one instance, each call to any host, until one answers that it is done."""
        for number in range(EVENTS_OF_ONE):
            if number == 0:
                members = {"activity": "newInstance", "orderId": f"O-{instance}", "orderLineId": f"O-{instance}-1",
                           "businessId": instance}
            else:
                status = "FREEZE" if number % 2 else "UNFREEZE"
                members = {"activity": "updateInstanceStatus", "instanceId": instance, "status": status}
            while (code := call(chance.choice(self.hosts).process.port, **members)) != "000000":
                if code not in (None, "000005"):
                    raise SystemExit(f"{members} was answered with {code}")

    def play(self, events, seed, troubles):
        """Plays lives side by side, and brings trouble in the middle of each part of them. Returns the seconds until the last event
        came."""
        lives, began, parts = events // EVENTS_OF_ONE, time.monotonic(), max(len(troubles), 1)
        chance = random.Random(seed)
        with ThreadPoolExecutor(CALLERS) as calls:
            for part in range(parts):
                numbers = range(lives * part // parts, lives * (part + 1) // parts)
                running = [calls.submit(self.live, f"i-{life:05}", random.Random(f"{seed}-{life}")) for life in numbers]
                if troubles:
                    self.wait(numbers.start * EVENTS_OF_ONE + len(numbers) * EVENTS_OF_ONE // 3)
                    chance.choice(self.hosts).disturb(troubles[part])
                for life in running:
                    life.result()
        self.wait(lives * EVENTS_OF_ONE)
        return max(arrival.came for arrival in self.receiver.arrivals) - began

    def wait(self, events):
        """Waits for so many events."""
        last, progress = -1, time.monotonic()
        while (count := self.receiver.count()) < events:
            if count > last:
                last, progress = count, time.monotonic()
            elif time.monotonic() - progress > 120:
                raise SystemExit(f"{count} events came, and no more")
            time.sleep(0.01)


def judge(world, events):
    troubles = [trouble for host in world.hosts for trouble in host.disturbed]

    def disturbed(path, since, until):
        return any(of == path and began <= until and ended >= since for of, _, began, ended in troubles)

    # What a host says itself: the store did not answer when it was to note something, or it was slower than its lease.
    said = {}
    for host in world.hosts:
        with open(f"{world.folder}/{host.name}.log", encoding="utf-8", errors="replace") as log:
            said[host.name] = {subject for line in log if "breaks off" in line or "taken over" in line
                               for subject in re.findall(r"INSTANCE#(\S+?):? ", line)}

    def slow(arrival):
        return arrival.subject in said[arrival.host.split(".")[0]]

    first, last, wrong, repeats, late = {}, {}, [], 0, 0
    by_subject = {}
    for arrival in world.receiver.arrivals:
        if arrival.event in first:
            repeats += 1
            before = last[arrival.event]
            unanswered = before.answered is None or before.answered - before.came > TIMEOUT
            if not unanswered and not slow(before) and not disturbed(before.host, before.came, arrival.came):
                wrong.append(f"{arrival.event} of {arrival.subject} came again from {arrival.host}, after {before.host}")
            for of, how, began, ended in troubles:
                # Its sender was paused, and another host had delivered it when it went on.
                if (of, how) == (arrival.host, "paused") and began < before.came and arrival.came > ended \
                        and before.host != arrival.host and before.answered and before.answered < ended \
                        and not slow(before) and not disturbed(before.host, before.came, arrival.came):
                    late += 1
        else:
            first[arrival.event] = arrival
            by_subject.setdefault(arrival.subject, []).append(arrival.event)
        last[arrival.event] = arrival
    print(f"  {sum(map(len, said.values()))} subjects for which a host says that the store, or itself, was too slow")
    lost = events - len(first)
    out_of_order = sum(came != sorted(came) for came in by_subject.values())
    for how in ("killed", "paused", "cut off"):
        print(f"  {how}: {sum(trouble[1] == how for trouble in troubles)} times")
    senders = {host.name: sum(arrival.host.startswith(host.name + ".") for arrival in first.values()) for host in world.hosts}
    print(f"  {len(first)} events, first sent by {senders}; {lost} lost, {out_of_order} subjects out of order, "
          f"{repeats} repeats, of these {len(wrong)} without a reason; {late} sent late by a host that was paused")
    for line in wrong[:10]:
        print("  " + line)
    if lost or out_of_order or wrong or late:
        raise SystemExit("not as it must be")


def run(options, hosts, events, rounds):
    with tempfile.TemporaryDirectory() as folder:
        world = World(options, folder, hosts)
        try:
            seconds = world.play(events, options.seed, ["killed", "paused", "cut off"] * rounds)
            judge(world, events)
            return events / seconds
        finally:
            world.end()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("store", choices=["embedded", "dynamodb-local"])
    parser.add_argument("--events", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=2, help="how often each kind of trouble comes")
    parser.add_argument("--library", help="the folder of DynamoDBLocal.jar")
    parser.add_argument("--throughput", action="store_true", help="measures with 1, 2 and 3 hosts, without trouble")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    events = options.events // EVENTS_OF_ONE * EVENTS_OF_ONE
    if options.throughput:
        for hosts in (1, 2, 3):
            print(f"{options.store}, {hosts} hosts, no trouble:")
            print(f"  {run(options, hosts, events, 0):.0f} events a second, called and delivered")
    if not options.rounds:
        return
    print(f"{options.store}, 3 hosts, in trouble:")
    print(f"  {run(options, 3, events, options.rounds):.0f} events a second, called and delivered")


if __name__ == "__main__":
    main()
