"""A stack as docs/deploy.md makes it, and KooGallery's whole lives through the function URL."""

import json

import boto3

from dynamodb_local import free_port
from receiver import Receiver
from schedules import tick
from seller import KEYS, OPEN_API, TOKEN, WEBHOOK_SECRET


class People:
    """Those who hear by an SNS topic what waits."""

    def __init__(self):
        sns, self.sqs = boto3.client("sns"), boto3.client("sqs")
        topic = sns.create_topic(Name="people")["TopicArn"]
        self.queue = self.sqs.create_queue(QueueName="people")["QueueUrl"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=self.sqs.get_queue_attributes(
            QueueUrl=self.queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"])
        self.parameters = {"Notify": json.dumps([{"name": "people", "to": "sns", "topic": topic}]), "NotifyTopicArns": topic}

    def told(self):
        """What they were told since the last time."""
        told = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", [])
        for message in told:
            self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"])["Message"] for message in told]


def life(world):
    port = free_port()
    receiver = world.closed_later(Receiver(WEBHOOK_SECRET))
    deployment = world.deployment("shop")
    boto3.client("events").create_event_bus(Name="sales")
    people = People()
    deployment.deploy(world.template, {
        "WebhookUrl": receiver.url, "EventBusName": "sales", "OpenApi": f"http://127.0.0.1:{port}/", **people.parameters,
    })
    assert world.seller.buy(deployment.address, "early") == "000005", "the secret has no access keys yet"
    deployment.put_secrets(world.seller.secrets(open_api=True))
    receiver.api = (deployment.api, TOKEN)
    played = world.seller.run(
        "simulate", "--to", deployment.address, "--seller-api", deployment.api, "--open-api", f"127.0.0.1:{port}",
        "--rsa-public-key", world.seller.rsa_public_key, "--patience", "40")
    print("   ", played.stdout.splitlines()[-1])
    probes = world.seller.run("conform", "--to", deployment.address, "--profile", "console")
    print("   ", probes.stdout.splitlines()[-1])
    swept = tick(deployment, "EventSweep")
    warned = swept.pop("watch") # of what conform sends as debug calls, the last of a callback may be refused
    assert swept == {"learn-order": 0, "report-usage": 0, "deliver-events": 0}, f"the sweep found lost wake-ups: {swept}"
    tick(deployment, "ErasePersonalDataSchedule")
    # Nothing waits after a good life. It looks for that under its own role, by two indexes.
    looked = tick(deployment, "NotifySchedule")
    assert not people.told(), f"nothing waits, and people are told all the same: {looked}"
    count, subjects = receiver.check_order()
    print(f"    {count} events of {subjects} subjects came in order, each with a good signature; the sweep had nothing to wake, and warned {warned} times")
    calls, functions = deployment.cloud.proxy.calls, deployment.functions.values()
    print(f"    {sum(calls.values())} calls to AWS by {len({call[0] for call in calls})} roles, each of them granted")
    assert all(function.invocations for function in functions), "each function is invoked"
    for secret in (*(key for keys in KEYS.values() for key in keys), WEBHOOK_SECRET, TOKEN, OPEN_API["secretAccessKey"]):
        assert not any(secret in line for line in deployment.log()), "a secret is in a log"
