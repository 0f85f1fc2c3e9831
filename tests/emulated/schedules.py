"""Stands in for EventBridge's scheduled rules: a check says when one fires. It does not know ScheduleExpression."""

import json


def tick(deployment, rule):
    """Fires a rule: what its functions answer."""
    targets = deployment.resolve(deployment.template["Resources"][rule]["Properties"]["Targets"])
    scheduled = json.dumps({"version": "0", "source": "aws.events", "detail-type": "Scheduled Event", "detail": {}})
    answers = {}
    for target in targets:
        function = deployment.cloud.lambda_service.named(target["Arn"])
        answers[target["Id"]] = json.loads(function.invoke(target.get("Input", scheduled).encode()))
    return answers
