"""A restore by docs/backup.md: the drill, then a new stack for a lost one. A copy of the table stands for what AWS restores."""

from receiver import Receiver
from seller import WEBHOOK_SECRET
from until import until

WAY_IN = {"frontEndUrl": "https://app.example.com/", "userName": "first", "password": "sealed-password"}


def restore(world):
    receiver = world.closed_later(Receiver(WEBHOOK_SECRET))
    stack = world.deployment("shop")
    stack.deploy(world.template, {"WebhookUrl": receiver.url})
    stack.put_secrets(world.seller.secrets())
    dynamodb = stack.cloud.dynamodb

    def sealed_password_opens(at):
        code, printed = world.seller.call(at.address, "queryInstance", instanceId="b-1")
        return code == "000000" and WAY_IN["password"] in printed

    def say(at, status):
        assert world.seller.call(at.address, "updateInstanceStatus", instanceId="b-1", status=status)[0] == "000000"

    assert world.seller.buy(stack.address, "b-1") == "000004"
    until("the event of the purchase", lambda: receiver.types("b-1") == ["instance.created"])
    world.api(stack, "PUT", "v1/instances/b-1/app-info", WAY_IN)
    assert sealed_password_opens(stack)
    before = dict(stack.ids)

    # The drill: the same stack takes a copy, which was made while an event waited.
    receiver.status = 500
    say(stack, "FREEZE")
    until("the freeze is tried", lambda: len(receiver.tries) == 2)
    count, stream = dynamodb.copy(stack.table, "restored")
    assert not any(WAY_IN["password"] in str(item) for item in dynamodb.items("restored")), "it is sealed"
    stack.deploy(world.template, {"WebhookUrl": receiver.url, "TableName": "restored", "TableStreamArn": stream})
    assert stack.table == "restored" and stack.ids["DataKey"] == before["DataKey"], "its key stays"
    assert sealed_password_opens(stack)
    receiver.status = 200
    until("the event that waited", lambda: receiver.types("b-1")[1:] == ["instance.frozen"])
    print(f"    the drill: {count} items in the copy; a sealed password opens; the event that waited came")

    # The stack is lost: a new one takes all three. Wake-ups that wait in the lost stack's queues are gone; the next one of the
    # same subject, a resend or the sweep brings what waited.
    receiver.status = 500
    say(stack, "UNFREEZE")
    until("the unfreeze is tried", lambda: len(receiver.tries) >= 4)
    count, stream = dynamodb.copy(stack.table, "restored-again")
    stack.close()
    stack.put_secrets({"Secret": world.seller.all_secrets()}) # one secret serves every function of the new stack
    after = world.deployment("shop-again")
    after.deploy(world.template, {
        "WebhookUrl": receiver.url, "TableName": "restored-again", "TableStreamArn": stream,
        "DataKeyArn": stack.outputs["DataKeyArn"], "SecretArn": stack.outputs["SecretArn"],
    })
    assert "Table" not in after.ids and "DataKey" not in after.ids and not after.secrets, "it makes none of its own"
    assert sealed_password_opens(after)
    receiver.status = 200
    world.seller.run("events", "resend", "--all-failed", "--api", after.api)
    until("the event that waited", lambda: receiver.types("b-1")[2:] == ["instance.unfrozen"])
    say(after, "FREEZE")
    until("a new event", lambda: receiver.types("b-1")[3:] == ["instance.frozen"])
    receiver.check_order()
    print(f"    a new stack: {count} items in the copy; a sealed password opens; a resend brought what waited, and a new event came")
