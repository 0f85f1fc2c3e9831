"""A deployment of a template on this machine: the real binaries on stand-ins of AWS.

moto makes the stack, and is Secrets Manager, KMS, SQS, SNS and EventBridge. DynamoDB Local is DynamoDB. What neither has is in the
small files beside this one, and each says what it does not do: lambda_service.py, entrance.py, pipe.py, sources.py, schedules.py.
Functions reach all of them through proxy.py, which holds each call against the role of its function.
"""

import json
import os
import urllib.request

import boto3
from botocore.config import Config
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

import stack
from dynamodb_local import DynamoDbLocal, free_port
from entrance import entrance, routes
from intrinsics import REGION, Resolver
from lambda_service import Function, LambdaService
from pipe import Pipe
from policies import allows, granted
from proxy import Proxy, passing_on
from sources import QueueSource, StreamSource

# moto would run a function in Docker when its queue gets a message.
LACKS = stack.LACKS | {"AWS::Lambda::EventSourceMapping"}
ENDPOINTS = [
    "DYNAMODB_ENDPOINT", "AWS_ENDPOINT_URL_KMS", "AWS_ENDPOINT_URL_SECRETS_MANAGER", "AWS_ENDPOINT_URL_SQS",
    "AWS_ENDPOINT_URL_LAMBDA", "AWS_ENDPOINT_URL_EVENTBRIDGE", "AWS_ENDPOINT_URL_SNS",
]
# What follows a stream, on the way past the proxy.
FOLLOWS = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"]


class Cloud:
    """What stands for AWS, for all checks of a run."""

    def __init__(self):
        port = free_port()
        self.moto = ThreadedMotoServer("127.0.0.1", port, verbose=False)
        self.moto.start()
        self.moto_url = f"http://127.0.0.1:{port}"
        os.environ["AWS_ENDPOINT_URL"] = self.moto_url # for boto3 in stack.py
        self.dynamodb = DynamoDbLocal()
        moto = passing_on(f"127.0.0.1:{port}", at_once=False) # its queues are not made for several threads
        self.lambda_service = LambdaService()
        self.proxy = Proxy({
            "dynamodb": passing_on(self.dynamodb.address), "lambda": self.lambda_service.answer,
            "kms": moto, "secretsmanager": moto, "sqs": moto, "sns": moto, "events": moto,
        })

    def client(self, service, caller):
        """A client with the credentials of a function or a pipe."""
        return boto3.client(service, region_name=REGION, endpoint_url=self.proxy.url, aws_access_key_id=caller,
                            aws_secret_access_key="test", config=Config(retries={"total_max_attempts": 1}))

    def empty(self):
        """A new account."""
        urllib.request.urlopen(urllib.request.Request(f"{self.moto_url}/moto-api/reset", method="POST")).close()
        stack.prepare()

    def close(self):
        self.proxy.server.close()
        self.moto.stop()
        self.dynamodb.close()


class Deployment:
    def __init__(self, cloud, name, binaries):
        self.cloud, self.name, self.folder = cloud, name, binaries
        self.ids, self.secrets, self.functions, self.urls, self.sources = {}, {}, {}, {}, {}
        cloud.proxy.refused.clear(), cloud.proxy.calls.clear()
        cloud.proxy.checks_roles, cloud.proxy.fault = True, None

    def deploy(self, text, parameters):
        """Creates the stack, or updates it."""
        template, values, binaries = stack.expanded(text, parameters)
        for kind in ("FrontDoorUrl", "SellerApiUrl"): # as a function URL does, an address stays for as long as its resource
            if kind not in self.urls and kind in template["Resources"]:
                target = template["Resources"][kind]["Properties"]["TargetFunctionArn"]["Ref"]
                self.urls[kind] = entrance(lambda _, target=target: self.functions[target])
        if "HttpApi" in template["Resources"]:
            known = routes(template)
            self.urls["HttpApi"] = entrance(
                lambda path: next(self.functions[name] for beginning, name in known if path.startswith(beginning)))
        made = stack.make(self.name, stack.for_moto(template, LACKS), values, update=bool(self.ids))
        self.ids = {**made, **self.make_secrets(template)}
        attributes = {(name, "FunctionUrl"): f"http://{server.address}/" for name, server in self.urls.items()}
        attributes["HttpApiDomain", "RegionalDomainName"] = "emulated.execute-api.amazonaws.com"
        if "Table" in self.ids:
            self.cloud.dynamodb.make(self.ids["Table"], template["Resources"]["Table"]["Properties"])
            attributes["Table", "StreamArn"] = self.cloud.dynamodb.stream_arn(self.ids["Table"])
        self.resolve = Resolver(self.name, template, values, self.ids, attributes)
        self.template = template
        self.outputs = {
            name: self.resolve(told["Value"]) for name, told in template["Outputs"].items() if name != "DashboardUrl"
        }
        self.grant()
        self.start_functions(binaries)
        self.start_sources()

    def of_type(self, kind):
        return {name: told for name, told in self.template["Resources"].items() if told["Type"] == kind}

    def make_secrets(self, template):
        """moto's CloudFormation makes none; its Secrets Manager keeps them."""
        for name, told in template["Resources"].items():
            if told["Type"] == "AWS::SecretsManager::Secret" and name not in self.secrets:
                text = told["Properties"].get("SecretString")
                made = boto3.client("secretsmanager").create_secret(Name=f"{self.name}-{name}", **({"SecretString": text} if text else {}))
                self.secrets[name] = made["ARN"]
        return self.secrets

    def put_secrets(self, values):
        """What docs/deploy.md tells a seller to do, by the outputs that it names."""
        for name, value in values.items():
            secret = self.outputs["SecretArn" if name == "Secret" else f"{name}Arn"]
            boto3.client("secretsmanager").put_secret_value(SecretId=secret, SecretString=json.dumps(value))

    def grant(self):
        """Functions and pipes get what their roles have."""
        roles = granted(self.template, self.resolve)
        proxy = self.cloud.proxy
        proxy.data_key_arn = self.resolve.attribute("DataKey", "Arn") if "DataKey" in self.ids else self.outputs["DataKeyArn"]
        proxy.statements = {}
        for kind, member in (("AWS::Lambda::Function", "Role"), ("AWS::Pipes::Pipe", "RoleArn")):
            for name, told in self.of_type(kind).items():
                proxy.statements[name] = roles.get(told["Properties"][member]["Fn::GetAtt"][0], [])

    def start_functions(self, binaries):
        self.stop_functions()
        endpoints = {name: self.cloud.proxy.url for name in ENDPOINTS}
        for name, told in self.of_type("AWS::Lambda::Function").items():
            binary = os.path.join(self.folder, binaries[name])
            function = Function(name, self.ids[name], binary, self.resolve(told["Properties"]), endpoints)
            if name in self.functions: # its log group stays
                function.log, function.invocations = self.functions[name].log, self.functions[name].invocations
            self.functions[name] = function
            self.cloud.lambda_service.functions[function.name] = function

    def restart_functions(self):
        """The next invocation of each function starts a new sandbox."""
        for function in self.functions.values():
            function.restart()

    def stop_functions(self):
        for function in self.functions.values():
            function.close()

    def start_sources(self):
        """Pipes and event source mappings. One whose source stays the same goes on where it was."""
        wanted = {**self.of_type("AWS::Pipes::Pipe"), **self.of_type("AWS::Lambda::EventSourceMapping")}
        queues = {self.resolve.attribute(name, "Arn"): self.ids[name] for name in self.of_type("AWS::SQS::Queue")}
        for name, told in wanted.items():
            settings = self.resolve(told["Properties"])
            source = settings.get("Source") or settings["EventSourceArn"]
            settings["QueueUrl"] = queues.get(settings.get("Target", source))
            if told["Type"] == "AWS::Lambda::EventSourceMapping":
                target = told["Properties"]["FunctionName"]["Ref"]
                settings["Function"] = self.functions[target]
            kept = self.sources.get(name)
            if kept and kept[0] == source:
                kept[1].settings = settings
                continue
            if kept:
                kept[1].close()
            caller = name if told["Type"] == "AWS::Pipes::Pipe" else target
            if source not in queues:
                for action in FOLLOWS:
                    assert allows(self.cloud.proxy.statements[caller], action, source), f"{name} may not do {action} on {source}"
            if told["Type"] == "AWS::Pipes::Pipe":
                begun = Pipe(settings, self.cloud.dynamodb.streams, self.cloud.client("sqs", name))
            elif source in queues:
                begun = QueueSource(settings, self.cloud.client("sqs", target))
            else:
                begun = StreamSource(settings, self.cloud.dynamodb.streams)
            self.sources[name] = (source, begun)

    def output(self, name):
        """An address of the outputs. The domain of an HTTP API is not on this machine."""
        address = self.outputs[name]
        domain = f"https://{self.resolve.ref('DomainName')}/"
        return address.replace(domain, f"http://{self.urls['HttpApi'].address}/") if "HttpApi" in self.urls else address

    @property
    def address(self):
        return self.output("ProductionAddress")

    @property
    def api(self):
        return self.output("SellerApiAddress")

    @property
    def table(self):
        return self.outputs["TableName"]

    def log(self):
        return [line for function in self.functions.values() for line in function.log]

    def check(self):
        """What must hold after each check: roles grant what was called, and no follower of a stream failed."""
        assert not self.cloud.proxy.refused, self.cloud.proxy.refused
        for _, source in self.sources.values():
            follower = getattr(source, "follower", None)
            assert not (follower and follower.problem), follower.problem

    def close(self):
        for _, source in self.sources.values():
            source.close()
        self.stop_functions()
        for server in self.urls.values():
            server.close()
        self.sources, self.urls = {}, {}
