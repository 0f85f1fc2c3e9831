"""Makes stacks of template.yaml and template-china.yaml in an emulator of AWS (moto), with every set of parameters that changes which
resources there are, and upgrades one in place.

The transforms are AWS's own code: SAM CLI unrolls the loops, samtranslator makes functions of them. What moto does not know
(the types in LACKS) is left out, by name: a type that is new here fails until somebody looks at it.

    python tests/emulated/stack.py template.yaml template-china.yaml [--before=OLDER_TEMPLATE]

With `--before` a stack of an older template, such as `git show v0.1.0:template.yaml`, is upgraded to the first one.
"""

import copy
import io
import json
import logging
import os
import sys
import zipfile

os.environ.update(AWS_DEFAULT_REGION="eu-west-1", AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", SAM_CLI_TELEMETRY="0")

import boto3
from moto import mock_aws
from moto.cloudformation import parsing
from moto.cloudformation.parsing import get_model_map
from samcli.lib.cfn_language_extensions.resolvers.fn_sub import FnSubResolver
from samcli.lib.cfn_language_extensions.sam_integration import expand_language_extensions
from samcli.yamlhelper import yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

# What moto has no model of, and takes without making it.
IGNORED = {"AWS::CloudWatch::Alarm", "AWS::SecretsManager::Secret"}
# What moto has no model of, and is left out with the outputs that name it.
LACKS = {
    "AWS::ApiGatewayV2::ApiMapping", "AWS::ApiGatewayV2::DomainName", "AWS::ApiGatewayV2::Stage", "AWS::Pipes::Pipe",
    "AWS::IAM::RolePolicy", "AWS::Lambda::Url", "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::Integration", "AWS::ApiGatewayV2::Route",
    "AWS::Cognito::UserPool", "AWS::Cognito::UserPoolClient", "AWS::Cognito::UserPoolDomain",
}
logging.getLogger("moto").setLevel(logging.ERROR) # it tells each resource of IGNORED
APP_INFO = {"AppInfo": '{"frontEndUrl":"https://app.example.com/"}'}
DOMAIN = {
    "Entrance": "HttpApi", "DomainName": "koogallery.example.com",
    "CertificateArn": "arn:aws:acm:eu-west-1:123456789012:certificate/1",
}
SETS = {
    "as it comes": {},
    "with events": {"WebhookUrl": "https://app.example.com/events", "EventBusName": "sales"},
    "a URL for each callback, no seller API": {"Entrance": "FunctionUrls", "SellerApi": "false"},
    "with a login": {"LoginIssuer": "https://login.example.com", "LoginEvents": "true"},
    "with buyers' pages": {"BuyerPagesBaseUrl": "https://example.com/buyer"},
    "with a console": {"ConsoleBaseUrl": "https://console.example.com", "ConsoleAccess": "ann@example.com=administrator"},
    "with people who are told": {
        "Notify": '[{"name":"people","to":"sns","topic":"arn:aws:sns:eu-west-1:123456789012:people"}]',
        "NotifyTopicArns": "arn:aws:sns:eu-west-1:123456789012:people",
    },
    "an HTTP API": DOMAIN,
    "with limits and topics": {
        "FrontDoorConcurrency": "20", "SellerApiConcurrency": "10",
        "AlarmTopicArn": "arn:aws:sns:eu-west-1:123456789012:page", "LookTopicArn": "arn:aws:sns:eu-west-1:123456789012:look",
    },
}
# What an upgrade must not replace.
KEPT = ["Table", "DataKey", "FrontDoorFunction", "LearnOrderDelays"]


def substituted(self, value):
    """Fn::Sub of SAM CLI, which makes a plain text of what refers to a resource: here it stays a Fn::Sub."""
    text, given = self._parse_args(self.get_function_args(value))
    given = self._resolve_variable_map(given)
    known = self._substitute(text, given)
    if "${" in known or any(isinstance(part, dict) for part in given.values()):
        return {"Fn::Sub": [text, given] if given else text}
    return known


FnSubResolver.resolve = substituted


def updated(name, told, resources, account_id, region_name, update=parsing.parse_and_update_resource):
    """A resource that moto cannot update stays as it is, where moto would forget it and fail at what names it."""
    return update(name, told, resources, account_id, region_name) or resources[name]


def deleted(self, made, told, delete=parsing.ResourceMap._delete_resource):
    """What the template retains stays, where moto would delete it in an update."""
    if told.get("DeletionPolicy") != "Retain":
        delete(self, made, told)


parsing.parse_and_update_resource, parsing.ResourceMap._delete_resource = updated, deleted


def decided(template, values):
    """The template with its conditions decided, since moto does not decide new ones in an update."""
    conditions = template.pop("Conditions", {})

    def holds(told):
        if isinstance(told, str):
            return holds(conditions[told])
        (kind, value), = told.items()
        if kind == "Condition":
            return holds(conditions[value])
        if kind == "Fn::Equals":
            left, right = (str(values[side["Ref"]] if isinstance(side, dict) else side) for side in value)
            return left == right
        return {"Fn::Not": lambda: not holds(value[0]), "Fn::And": lambda: all(map(holds, value)),
                "Fn::Or": lambda: any(map(holds, value))}[kind]()

    def within(told):
        if isinstance(told, list):
            return [within(value) for value in told]
        if not isinstance(told, dict):
            return told
        if list(told) == ["Fn::If"]:
            condition, yes, no = told["Fn::If"]
            return within(yes if holds(condition) else no)
        return {name: within(value) for name, value in told.items()}

    for section in ("Resources", "Outputs"):
        kept = {name: part for name, part in template[section].items() if holds(part.pop("Condition", {"Fn::Equals": ["", ""]}))}
        template[section] = within(kept)


def expanded(text, parameters):
    """The template as CloudFormation deploys it; the values of its parameters; and the binary of each function."""
    template = yaml_parse(text)
    defaults = {name: str(told.get("Default", "")) for name, told in template["Parameters"].items()}
    values = {**defaults, **APP_INFO, **parameters}
    template = expand_language_extensions(template, parameter_values=values, enabled=True).expanded_template
    binaries = {}
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            binaries[name] = os.path.basename(resource["Properties"]["CodeUri"])
            resource["Properties"]["CodeUri"] = "s3://code/function.zip"
            resource.pop("Metadata", None)
    template["Transform"] = "AWS::Serverless-2016-10-31"
    template = Translator({}, Parser()).translate(template, values)
    template.pop("Rules", None), template.pop("Metadata", None), template.pop("Transform", None)
    decided(template, values)
    return template, values, binaries


def without(template, types):
    """The template without the resources of these types, and without the permissions and outputs that name them. What else names one
    gets its logical id."""
    template = copy.deepcopy(template)
    resources = template["Resources"]
    left_out = {name for name, resource in resources.items() if resource["Type"] in types}

    def names_them(told):
        return any(f'"{gone}"' in json.dumps(told) or f"${{{gone}" in json.dumps(told) for gone in left_out)

    def named(told):
        if isinstance(told, list):
            return [named(value) for value in told]
        if not isinstance(told, dict):
            return told
        (kind, value), *more = told.items() or [(None, None)]
        if not more and (kind == "Ref" and value in left_out or kind == "Fn::GetAtt" and value[0] in left_out):
            return value if kind == "Ref" else ".".join(value)
        return {name: named(value) for name, value in told.items()}

    template["Resources"] = {
        name: named(resource) for name, resource in resources.items()
        if name not in left_out and not (resource["Type"] == "AWS::Lambda::Permission" and names_them(resource))
    }
    template["Outputs"] = {name: output for name, output in template["Outputs"].items() if not names_them(output)}
    return template


def for_moto(template, lacks=LACKS):
    """What of the template moto makes."""
    types = {resource["Type"] for resource in template["Resources"].values()}
    unknown = types - lacks - IGNORED - set(get_model_map())
    assert not unknown, f"moto has no model of {unknown}: look whether that matters, and name it in LACKS or IGNORED"
    template = without(template, lacks)
    for name, resource in template["Resources"].items():
        # AWS makes up a name with the right ending; moto does not.
        if resource["Type"] == "AWS::SQS::Queue" and resource["Properties"].get("FifoQueue"):
            resource["Properties"]["QueueName"] = {"Fn::Sub": f"${{AWS::StackName}}-{name}.fifo"}
    return template


def deploy(name, text, parameters, update=False):
    template, values, _ = expanded(text, parameters)
    return make(name, for_moto(template), values, update)


def make(name, template, values, update=False):
    """Makes or updates a stack: the physical id of each resource."""
    cloudformation = boto3.client("cloudformation")
    known = [{"ParameterKey": key, "ParameterValue": values[key]} for key in template["Parameters"]]
    act = cloudformation.update_stack if update else cloudformation.create_stack
    act(StackName=name, TemplateBody=json.dumps(template), Parameters=known, Capabilities=["CAPABILITY_IAM"])
    status = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
    expected = "UPDATE_COMPLETE" if update else "CREATE_COMPLETE"
    assert status == expected, f"{name}: {status}"
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
    return {row["LogicalResourceId"]: row["PhysicalResourceId"] for page in pages for row in page["StackResourceSummaries"]}


def prepare():
    boto3.client("s3").create_bucket(Bucket="code", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as written:
        written.writestr("bootstrap", "")
    boto3.client("s3").put_object(Bucket="code", Key="function.zip", Body=archive.getvalue())


def main(paths, before=None):
    for path in paths:
        text = open(path).read()
        sets = {"an HTTP API": DOMAIN} if path.endswith("china.yaml") else SETS
        for title, parameters in sets.items():
            with mock_aws():
                prepare()
                made = deploy("shop", text, parameters)
                again = deploy("shop", text, {**parameters, "LogRetentionDays": "365"}, update=True)
                for name in KEPT:
                    assert made[name] == again[name], f"{path}, {title}: {name} was replaced"
                print(f"{path}, {title}: {len(made)} resources made, and updated in place")
    if before:
        with mock_aws():
            prepare()
            # As SAM CLI does, each parameter keeps the value that it has.
            kept = {"OpenApi": "international", "LogRetentionDays": "90"}
            made = deploy("shop", open(before).read(), kept)
            again = deploy("shop", open(paths[0]).read(), kept, update=True)
            for name in KEPT:
                assert made[name] == again[name], f"the upgrade replaces {name}"
            print(f"upgraded from {before}, and nothing of {', '.join(KEPT)} replaced")


if __name__ == "__main__":
    main([path for path in sys.argv[1:] if not path.startswith("--before=")],
         next((path.split("=", 1)[1] for path in sys.argv[1:] if path.startswith("--before=")), None))
