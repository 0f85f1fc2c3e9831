"""What a request to AWS asks for, as roles name it: actions, each with the resource that it is done to."""

import json
import urllib.parse

from intrinsics import ACCOUNT, REGION

# What a role must grant for a part of a transaction.
PARTS = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem", "Get": "GetItem"}


def table_arn(name):
    return name if name.startswith("arn:") else f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"


def of_dynamodb(action, body):
    if action in ("TransactWriteItems", "TransactGetItems"):
        for item in body["TransactItems"]:
            (part, told), = item.items()
            yield PARTS[part], table_arn(told["TableName"])
    elif action in ("BatchGetItem", "BatchWriteItem"):
        for name in body["RequestItems"]:
            yield action, table_arn(name)
    else:
        index = f"/index/{body['IndexName']}" if "IndexName" in body else ""
        yield action, table_arn(body["TableName"]) + index


def asked(service, request, data_key_arn):
    """Pairs of an action and a resource."""
    if service == "lambda":
        yield "lambda:InvokeFunction", urllib.parse.unquote(request.path.split("/")[3])
        return
    action, body = request.header("x-amz-target").rsplit(".", 1)[-1], json.loads(request.body)
    if service == "dynamodb":
        yield from ((f"dynamodb:{action}", resource) for action, resource in of_dynamodb(action, body))
    elif service == "kms":
        yield f"kms:{action}", body.get("KeyId", data_key_arn)
    elif service == "secretsmanager":
        yield f"secretsmanager:{action}", body["SecretId"]
    elif service == "sqs":
        action = {"DeleteMessageBatch": "DeleteMessage", "SendMessageBatch": "SendMessage"}.get(action, action)
        yield f"sqs:{action}", f"arn:aws:sqs:{REGION}:{ACCOUNT}:{body['QueueUrl'].rsplit('/', 1)[1]}"
    elif service == "events":
        for entry in body["Entries"]:
            bus = entry["EventBusName"].rsplit("/", 1)[-1]
            yield f"events:{action}", f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{bus}"
    else:
        raise AssertionError(f"nobody calls {service} here")
