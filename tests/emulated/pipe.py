"""Stands in for EventBridge Pipes, from a DynamoDB stream to an SQS queue: filter, input template, group, deduplication id.

What it does not do: enrichment, other sources and targets, splitting of batches. What the queue refuses is tried again for ever.
"""

import json
import re

from patterns import matches
from stream import Follower

PLACE = re.compile(r"<(\$\.[^>]+)>")


def at(path, event):
    """The value at a path such as `$.dynamodb.Keys.pk.S`."""
    for name in path.removeprefix("$.").split("."):
        event = event[name]
    return event


class Pipe:
    def __init__(self, properties, streams, sqs):
        self.settings, self.sqs, self.sent = properties, sqs, 0
        self.follower = Follower(streams, properties["Source"], self.handle)

    def handle(self, records):
        told = self.settings
        patterns = [json.loads(each["Pattern"]) for each in told["SourceParameters"]["FilterCriteria"]["Filters"]]
        target = told["TargetParameters"]
        queue = target["SqsQueueParameters"]
        for event in records:
            if not any(matches(pattern, event) for pattern in patterns):
                continue
            body = PLACE.sub(lambda found: json.dumps(at(found[1], event)), target["InputTemplate"])
            message = {"QueueUrl": told["QueueUrl"], "MessageBody": body}
            message["MessageGroupId"] = at(queue["MessageGroupId"], event)
            message["MessageDeduplicationId"] = at(queue["MessageDeduplicationId"], event)
            while not self.follower.stopped.is_set():
                try:
                    self.sqs.send_message(**message)
                    self.sent += 1
                    break
                except Exception: # such as while a check breaks SQS
                    self.follower.stopped.wait(0.2)

    def close(self):
        self.follower.close()
