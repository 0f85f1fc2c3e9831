"""The template for AWS China, whose entrance is an HTTP API: whole lives through it, and the seller API below /seller-api/.

The region and the partition are not Chinese here.
"""

import pathlib

import stack
from receiver import Receiver
from seller import TOKEN, WEBHOOK_SECRET


def http_api(world):
    receiver = world.closed_later(Receiver(WEBHOOK_SECRET))
    deployment = world.deployment("shop")
    deployment.deploy(pathlib.Path("template-china.yaml").read_text(), {**stack.DOMAIN, "WebhookUrl": receiver.url})
    deployment.put_secrets(world.seller.secrets())
    receiver.api = (deployment.api, TOKEN)
    played = world.seller.run(
        "simulate", "--to", deployment.address, "--seller-api", deployment.api, "--family", "saas", "--family", "saas-v1",
        "--patience", "40")
    count, subjects = receiver.check_order()
    print("   ", played.stdout.splitlines()[-1])
    print(f"    {count} events of {subjects} subjects came in order")
