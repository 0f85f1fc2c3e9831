"""Broken answers of each service of AWS: KooGallery gets 000005, nothing is half done, no log has a word of them; then it recovers."""

import boto3

from proxy import BROKEN, CANARY, LOST
from receiver import Receiver
from seller import WEBHOOK_SECRET
from until import until

FOR_A_PURCHASE = ["lambda", "secretsmanager", "dynamodb"]


def faults(world):
    receiver = world.closed_later(Receiver(WEBHOOK_SECRET))
    deployment = world.deployment("shop")
    boto3.client("events").create_event_bus(Name="sales")
    deployment.deploy(world.template, {"WebhookUrl": receiver.url, "EventBusName": "sales"})
    deployment.put_secrets(world.seller.secrets())
    proxy, dynamodb, seller = deployment.cloud.proxy, deployment.cloud.dynamodb, world.seller
    names = (f"i-{number}" for number in range(100, 1000))

    def broken(kind, action):
        """Breaks an action from now on; gives what says whether it was met."""
        proxy.fault, met = (kind, action), proxy.broken_answers
        return lambda: proxy.broken_answers > met

    def arrives(name):
        until(f"the event of {name}", lambda: receiver.types(name) == ["instance.created"])

    for service in FOR_A_PURCHASE:
        for kind in BROKEN:
            name = next(names)
            deployment.restart_functions() # a new sandbox reads the secrets again
            met = broken(kind, f"{service}:")
            code = seller.buy(deployment.address, name)
            assert code == "000005" and met(), f"{service}, {kind}: {code}"
            assert not any(name in str(item) for item in dynamodb.items(deployment.table)), f"{service}, {kind}: half done"
            proxy.fault = None
            code = seller.buy(deployment.address, name)
            assert code == "000004", f"{service}, {kind}: it does not recover: {code}"
            arrives(name)
    print(f"    {', '.join(FOR_A_PURCHASE)}: each of {len(BROKEN)} broken answers gave 000005 and changed nothing; then the purchase went on")

    # The service did it, and its answer is lost: then KooGallery's next try finds what was done, and nothing happens twice.
    for service in FOR_A_PURCHASE:
        name = next(names)
        deployment.restart_functions()
        met = broken(LOST, f"{service}:")
        code = seller.buy(deployment.address, name)
        assert code == "000005" and met(), f"{service}, {LOST}: {code}"
        proxy.fault = None
        assert seller.buy(deployment.address, name) == "000004", f"{service}, {LOST}: it does not recover"
        arrives(name)
    print("    a lost answer of each: 000005; the next try found what was done, and made no second event")

    name = next(names)
    assert seller.buy(deployment.address, name) == "000004"
    arrives(name)
    world.api(deployment, "PUT", f"v1/instances/{name}/app-info", {"frontEndUrl": "https://app.example.com/", "password": "sealed"})
    for kind in BROKEN:
        deployment.restart_functions() # a new sandbox holds no data key
        met = broken(kind, "kms:")
        code, _ = seller.call(deployment.address, "queryInstance", instanceId=name)
        assert code == "000005" and met(), f"kms, {kind}: {code}"
        proxy.fault = None
        assert seller.call(deployment.address, "queryInstance", instanceId=name)[0] == "000000", f"kms, {kind}: it does not recover"
    print("    kms: the same for what is sealed")

    def nothing_undelivered():
        return not seller.undelivered(deployment.api)

    until("all is delivered", nothing_undelivered)
    for action in ("sqs:", "events:"):
        for kind in BROKEN:
            name = next(names)
            met = broken(kind, action)
            assert seller.buy(deployment.address, name) == "000004", f"{action} a purchase does not need it"
            until(f"{action} {kind} is met", met)
            if action == "events:": # the webhook does not wait for the bus
                arrives(name)
            proxy.fault = None
            arrives(name)
            until("all is delivered", nothing_undelivered)
    print("    sqs, events: purchases are answered all the while, and every event arrives afterwards")
    receiver.check_order()
    for name in {event["data"]["instanceId"] for _, event in receiver.taken}:
        assert receiver.types(name) == ["instance.created"], f"{name} has more than one event"
    assert not any(CANARY in line for line in deployment.log()), "a log has what a broken service said"
    print(f"    {proxy.broken_answers} broken answers, and none of their words in {len(deployment.log())} lines of log")
