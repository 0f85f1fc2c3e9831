"""A resend during a retry pause: it does not wait for the pause to end."""

from receiver import Receiver
from seller import WEBHOOK_SECRET
from until import until


def resend(world):
    receiver = world.closed_later(Receiver(WEBHOOK_SECRET))
    deployment = world.deployment("shop")
    deployment.deploy(world.template, {"WebhookUrl": receiver.url})
    deployment.put_secrets(world.seller.secrets())
    receiver.status = 500
    assert world.seller.buy(deployment.address, "b-1") == "000004"
    # After the second failure the pause is 30 s, after the third one 2 min.
    until("the third try", lambda: len(receiver.tries) >= 3, 120)

    def listed():
        return [event for event in world.seller.undelivered(deployment.api) if event.get("nextTryAt")]

    waiting = until("the event waits for its fourth try", listed)
    receiver.status = 200
    before = len(receiver.tries)
    world.seller.run("events", "resend", receiver.tries[0], "--api", deployment.api)
    until("the resent event arrives", lambda: receiver.taken, 60)
    assert receiver.taken[0][0] == receiver.tries[0], "it keeps its id"
    assert len(receiver.tries) == before + 1
    print(f"    the next try was due at {waiting[0]['nextTryAt']}; resent, it came at once, under the same id")
    until("the purchase is ready", lambda: world.seller.call(deployment.address, "queryInstance", instanceId="b-1")[0] == "000000")
