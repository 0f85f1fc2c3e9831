"""Stands in for Lambda's event source mappings.

From a queue: batches, partial answers (ReportBatchItemFailures), as many workers as MaximumConcurrency says, at most WORKERS. What
the function does not take stays in the queue until its visibility time-out is over. The queue itself is moto's: it locks a FIFO
group while a message of it is in flight or hidden, and moves to the dead-letter queue what was received too often.

From a stream: filters, batches, MaximumRetryAttempts; then the batch is dropped.

What they do not do: batching windows, bisecting, destinations for failures, backing off.
"""

import json
import threading

from intrinsics import REGION
from lambda_service import Failed, Throttled
from patterns import matches
from stream import Follower

WORKERS = 2
PAUSE = 0.1


class QueueSource:
    def __init__(self, properties, sqs):
        self.settings, self.sqs, self.stopped = properties, sqs, threading.Event()
        workers = min(WORKERS, int(properties.get("ScalingConfig", {}).get("MaximumConcurrency", WORKERS)))
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(workers)]
        for thread in self.threads:
            thread.start()

    def run(self):
        while not self.stopped.is_set():
            try:
                if self.work():
                    continue
            except Exception: # such as while a check breaks SQS: the messages come back
                pass
            self.stopped.wait(PAUSE)

    def work(self):
        told = self.settings
        url = told["QueueUrl"]
        found = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=int(told["BatchSize"]), AttributeNames=["All"])
        messages = found.get("Messages", [])
        if not messages:
            return False
        records = [{
            "messageId": message["MessageId"], "receiptHandle": message["ReceiptHandle"], "body": message["Body"],
            "attributes": message["Attributes"], "messageAttributes": {}, "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs", "eventSourceARN": told["EventSourceArn"], "awsRegion": REGION,
        } for message in messages]
        try:
            answered = json.loads(told["Function"].invoke(json.dumps({"Records": records}).encode()))
        except (Failed, Throttled):
            return True
        left = {failure["itemIdentifier"] for failure in answered["batchItemFailures"]}
        for message in messages:
            if message["MessageId"] not in left:
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return True

    def close(self):
        self.stopped.set()
        for thread in self.threads:
            thread.join()


class StreamSource:
    def __init__(self, properties, streams):
        self.settings = properties
        self.follower = Follower(streams, properties["EventSourceArn"], self.handle)

    def handle(self, records):
        told = self.settings
        patterns = [json.loads(each["Pattern"]) for each in told["FilterCriteria"]["Filters"]]
        wanted = [event for event in records if any(matches(pattern, event) for pattern in patterns)]
        size = int(told["BatchSize"])
        for start in range(0, len(wanted), size):
            batch = json.dumps({"Records": wanted[start:start + size]}).encode()
            for _ in range(1 + int(told["MaximumRetryAttempts"])):
                try:
                    told["Function"].invoke(batch)
                    break
                except (Failed, Throttled):
                    continue

    def close(self):
        self.follower.close()
