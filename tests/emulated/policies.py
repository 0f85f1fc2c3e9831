"""What each role of a template grants. It knows Allow, with resources that may have a `*`, and nothing else: a statement of another
form fails, but for those that only take away: those of buyers' pages, the login and the console, which no scenario deploys. Policies of resources, such as that of the KMS key, are not looked at."""

from fnmatch import fnmatchcase


def granted(template, resolve):
    """By the logical id of a role: pairs of actions and resources."""
    roles = {}
    for name, resource in template["Resources"].items():
        told = resource.get("Properties", {})
        if resource["Type"] == "AWS::IAM::Role":
            documents = [(name, policy["PolicyDocument"]) for policy in told.get("Policies", [])]
        elif resource["Type"] == "AWS::IAM::RolePolicy":
            documents = [(told["RoleName"]["Ref"], told["PolicyDocument"])]
        else:
            continue
        for role, document in documents:
            for statement in resolve(document)["Statement"]:
                if role in ("BuyerPagesRole", "LoginRole", "ConsoleRole") and statement["Effect"] == "Deny":
                    continue
                assert set(statement) == {"Effect", "Action", "Resource"} and statement["Effect"] == "Allow", statement
                actions, resources = (
                    [part] if isinstance(part, str) else part for part in (statement["Action"], statement["Resource"])
                )
                roles.setdefault(role, []).append((actions, resources))
    return roles


def allows(statements, action, resource):
    return any(
        any(fnmatchcase(action, pattern) for pattern in actions) and any(fnmatchcase(resource, pattern) for pattern in resources)
        for actions, resources in statements
    )
