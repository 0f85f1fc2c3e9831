"""Follows a DynamoDB stream from now on, as a pipe or an event source mapping with StartingPosition LATEST does. It gives records as
AWS writes them in JSON."""

import base64
import threading

from intrinsics import REGION

PAUSE = 0.1


def in_json(value):
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {name: in_json(part) for name, part in value.items()}
    if isinstance(value, list):
        return [in_json(part) for part in value]
    return value


def record(told, arn):
    changes = {**told["dynamodb"], "ApproximateCreationDateTime": int(told["dynamodb"]["ApproximateCreationDateTime"].timestamp())}
    return {
        "eventID": told["eventID"], "eventName": told["eventName"], "eventVersion": "1.1", "eventSource": "aws:dynamodb",
        "awsRegion": REGION, "dynamodb": in_json(changes), "eventSourceARN": arn,
    }


class Follower:
    """`handle` gets a list of records; it is asked again with the next ones when it is done."""

    def __init__(self, streams, arn, handle):
        self.streams, self.arn, self.handle = streams, arn, handle
        self.stopped, self.seen, self.iterators = threading.Event(), set(), {}
        self.problem = None
        self.find_shards("LATEST")
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def find_shards(self, position):
        for shard in self.streams.describe_stream(StreamArn=self.arn)["StreamDescription"]["Shards"]:
            name = shard["ShardId"]
            if name not in self.seen:
                self.seen.add(name)
                found = self.streams.get_shard_iterator(StreamArn=self.arn, ShardId=name, ShardIteratorType=position)
                self.iterators[name] = found["ShardIterator"]

    def run(self):
        try:
            while not self.stopped.is_set():
                if not self.iterators:
                    self.find_shards("TRIM_HORIZON")
                for name in list(self.iterators):
                    found = self.streams.get_records(ShardIterator=self.iterators[name])
                    if found["Records"]:
                        self.handle([record(told, self.arn) for told in found["Records"]])
                    self.iterators[name] = found.get("NextShardIterator")
                    if self.iterators[name] is None: # the shard is closed; another one follows it
                        del self.iterators[name]
                self.stopped.wait(PAUSE)
        except Exception as problem: # the checks look at it
            self.problem = problem

    def close(self):
        self.stopped.set()
        self.thread.join()
