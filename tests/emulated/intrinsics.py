"""CloudFormation's intrinsic functions, resolved for the resources that moto does not make. A function that is not here fails."""

import re

REGION, ACCOUNT = "eu-west-1", "123456789012"
# How the ARN of a resource is made of its physical id.
ARNS = {
    "AWS::Lambda::Function": "arn:aws:lambda:{region}:{account}:function:{id}",
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:{region}:{account}:table/{id}",
    "AWS::KMS::Key": "arn:aws:kms:{region}:{account}:key/{id}",
    "AWS::IAM::Role": "arn:aws:iam::{account}:role/{id}",
    "AWS::Logs::LogGroup": "arn:aws:logs:{region}:{account}:log-group:{id}:*",
    "AWS::Events::Rule": "arn:aws:events:{region}:{account}:rule/{id}",
}


class Resolver:
    """`ids` has the physical id of each resource, `attributes` what Fn::GetAtt gives beyond an ARN."""

    def __init__(self, stack, template, values, ids, attributes):
        self.template, self.values, self.ids, self.attributes = template, values, ids, attributes
        self.pseudo = {
            "AWS::Region": REGION, "AWS::AccountId": ACCOUNT, "AWS::Partition": "aws", "AWS::StackName": stack,
            "AWS::URLSuffix": "amazonaws.com", "AWS::NoValue": None,
        }

    def ref(self, name):
        for known in (self.pseudo, self.values, self.ids):
            if name in known:
                return known[name]
        raise KeyError(f"Ref {name}")

    def attribute(self, name, attribute):
        if (name, attribute) in self.attributes:
            return self.attributes[name, attribute]
        kind, physical = self.template["Resources"][name]["Type"], self.ids[name]
        if kind == "AWS::SQS::Queue": # its id is its URL
            queue = physical.rsplit("/", 1)[1]
            return {"Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}", "QueueName": queue}[attribute]
        assert attribute == "Arn", f"Fn::GetAtt {name}.{attribute}"
        return ARNS[kind].format(region=REGION, account=ACCOUNT, id=physical)

    def sub(self, told):
        text, given = (told, {}) if isinstance(told, str) else told
        given = {name: self(value) for name, value in given.items()}

        def one(found):
            name = found[1]
            if name in given:
                return str(given[name])
            return str(self.attribute(*name.split(".", 1)) if "." in name else self.ref(name))

        return re.sub(r"\$\{([^!}]+)\}", one, text)

    def __call__(self, told):
        if isinstance(told, list):
            resolved = [self(value) for value in told]
            return [value for value in resolved if value is not None]
        if not isinstance(told, dict):
            return told
        if len(told) == 1:
            (name, value), = told.items()
            if name == "Ref":
                return self.ref(value)
            if name == "Fn::GetAtt":
                return self.attribute(*(value.split(".", 1) if isinstance(value, str) else value))
            if name == "Fn::Sub":
                return self.sub(value)
            if name == "Fn::Join":
                return value[0].join(map(str, self(value[1])))
            if name == "Fn::FindInMap":
                mapping, first, second = self(value[:3])
                return self.template["Mappings"][mapping][first][second]
            assert not name.startswith("Fn::"), f"{name} is not resolved here"
        resolved = {name: self(value) for name, value in told.items()}
        return {name: value for name, value in resolved.items() if value is not None}
