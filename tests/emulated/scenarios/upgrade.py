"""An upgrade of a stack of version 0.1.0, while events wait.

The binaries are today's before and after it: only the template is the older one. So roles are not looked at before the upgrade.
"""

import subprocess

import stack
from receiver import Receiver
from seller import WEBHOOK_SECRET
from until import until

OLDER = "19feacb" # version 0.1.0


def older_template():
    """Its template; none where git does not have it, such as in a shallow clone."""
    shown = subprocess.run(["git", "show", f"{OLDER}:template.yaml"], capture_output=True, text=True)
    return shown.stdout if shown.returncode == 0 else None


def upgrade(world):
    older = older_template()
    if older is None:
        print(f"    NOT CHECKED: this clone does not have {OLDER}")
        return
    upgraded(world, older, "shop", "the one secret serves every function", keeps_one_secret)
    upgraded(world, older, "shop-2", "each member moved into its own secret", moves_members)


# docs/deploy.md has these two ways to go on with the one secret of version 0.1.0.
def keeps_one_secret(world, deployment, parameters, secret):
    deployment.deploy(world.template, {**parameters, "SecretArn": secret})


def moves_members(world, deployment, parameters, _):
    deployment.deploy(world.template, parameters)
    deployment.put_secrets(world.seller.secrets())


def upgraded(world, older, name, title, goes_on):
    receiver = world.closed_later(Receiver(WEBHOOK_SECRET))
    deployment = world.deployment(name)
    parameters = {"WebhookUrl": receiver.url, "OpenApi": "international"}
    deployment.cloud.proxy.checks_roles = False
    deployment.deploy(older, parameters)
    deployment.put_secrets({"Secret": world.seller.all_secrets()})
    before, addresses = dict(deployment.ids), (deployment.address, deployment.api)
    secret = deployment.outputs["SecretArn"]

    receiver.status = 500
    assert world.seller.buy(deployment.address, "b-1") == "000004"
    until("a first try", lambda: receiver.tries)
    goes_on(world, deployment, parameters, secret)
    deployment.cloud.proxy.checks_roles = True
    receiver.status = 200
    for kept in stack.KEPT:
        assert deployment.ids[kept] == before[kept], f"the upgrade replaces {kept}"
    assert addresses == (deployment.address, deployment.api), "the addresses stay"
    assert deployment.outputs["SecretArn"] == secret
    until("the event that waited", lambda: receiver.types("b-1") == ["instance.created"], 180)
    until("the purchase is ready", lambda: world.seller.call(deployment.address, "queryInstance", instanceId="b-1")[0] == "000000")
    assert world.seller.call(deployment.address, "releaseInstance", instanceId="b-1")[0] == "000000"
    until("a new event", lambda: receiver.types("b-1") == ["instance.created", "instance.released"])
    print(f"    from {OLDER}, {title}: {', '.join(stack.KEPT)}, secret and addresses stay; the event that waited came")
    deployment.close()
