# SPDX-License-Identifier: Apache-2.0
"""What the gateway says of a customer decides where the work waits."""
from harness import pb
from harness.mailbox import eventually
from harness.stories import TEL, stored, words, work_of


def by_tier(config):
    config["queue"] = [{"name": "best", "attributes": {"tier": ["gold", "platinum"], "crm.region": ["*"]}},
                       {"name": "general"}]


async def queue_of(daemon, placed):
    return daemon.admin.read(f"/v1/work/{await work_of(daemon, placed.conversation)}", pb.Work()).queue


async def test_work_enters_by_what_the_event_says_of_the_customer(world):
    daemon = world(by_tier)
    http = daemon.http()
    said = {"tier": "gold", "crm.region": "north"}
    assert await queue_of(daemon, stored(http.post_event(words("sms", TEL, "hello", attributes=said)))) == "best"
    said["tier"] = "tin"
    assert await queue_of(daemon, stored(http.post_event(words("sms", "tel:+4915100000002", "hello", attributes=said)))) == "general"
    assert await queue_of(daemon, stored(http.post_event(words("sms", "tel:+4915100000003", "hello")))) == "general"

    rules = daemon.admin.read("/v1/queues/best", pb.QueueStatus()).queue.attributes
    assert [(r.key, list(r.values)) for r in rules] == [("crm.region", ["*"]), ("tier", ["gold", "platinum"])]


async def test_a_queue_of_the_api_asks_for_them_too(daemon):
    http = daemon.http()
    for rule in (pb.AttributeRule(key="tier"), pb.AttributeRule(values=["gold"]), pb.AttributeRule(key="tier", values=["v" * 257])):
        refused = daemon.admin.send("PUT", "/v1/queues/vip", pb.Queue(attributes=[rule]))
        assert refused.status == 400 and b"attributes" in refused.body
    rule = pb.AttributeRule(key="tier", values=["gold"])
    assert daemon.admin.send("PUT", "/v1/queues/vip", pb.Queue(attributes=[rule])).status == 200
    placed = stored(http.post_event(words("sms", TEL, "hello", attributes={"tier": "gold"})))
    assert await queue_of(daemon, placed) == "vip"
    assert daemon.admin.read("/v1/queues/vip", pb.QueueStatus()).queue.attributes[0].key == "tier"


def vip(config):
    config["queue"] = [{"name": "vip", "attributes": {"tier": ["gold"]}}, {"name": "general"}]
    config["routing"]["reopen_hours"] = 0


async def close_matter(daemon, desk, context):
    await desk.do(close=pb.Close(work=context.work.id, disposition="done", resolved=True))
    await desk.do(wrap_up_done=pb.WrapUpDone(work=context.work.id))
    await eventually(lambda: daemon.conversation(context.conversation.id).closed, "closed")


async def test_what_the_back_office_says_of_a_customer_counts_from_their_next_word(world):
    daemon = world(vip)
    http, admin = daemon.http(), daemon.admin
    async with daemon.desk("ann") as ann:
        placed = stored(http.post_event(words("sms", TEL, "hello")))
        context = await ann.take()
        assert context.work.queue == "general" and not context.customer.attributes
        path = f"/v1/customers/{placed.customer}/attributes"
        answer = admin.send("PUT", path, pb.CustomerAttributes(attributes={"tier": "gold", "since": ""}))
        assert answer.status == 200 and dict(answer.message(pb.Customer()).attributes) == {"tier": "gold", "since": ""}
        changed = await ann.wait("customer", lambda c: c.attributes)
        assert dict(changed.attributes) == {"tier": "gold", "since": ""}
        await close_matter(daemon, ann, context)

        stored(http.post_event(words("sms", TEL, "and again")))
        context = await ann.take(lambda o: o.context.work.id != context.work.id)
        assert context.work.queue == "vip" and dict(context.customer.attributes)["tier"] == "gold"
        await close_matter(daemon, ann, context)
        # What the event says goes before it.
        assert await queue_of(daemon, stored(http.post_event(words("sms", TEL, "third", attributes={"tier": "tin"})))) == "general"

    assert "tier = gold" in daemon.cli("customer", str(placed.customer)).stdout
    assert "tier = tin" in daemon.cli("customer", str(placed.customer), "attributes", "tier=tin").stdout
    assert "tier" not in daemon.cli("customer", str(placed.customer), "attributes").stdout
    for wrong in ({"": "v"}, {"k" * 65: "v"}, {"k": "v" * 257}, {f"k{n}": "v" for n in range(17)}):
        refused = admin.send("PUT", path, pb.CustomerAttributes(attributes=wrong))
        assert refused.status == 400 and b"attributes" in refused.body
    assert admin.send("PUT", "/v1/customers/4711/attributes", pb.CustomerAttributes()).status == 404
    assert any(r.action == "customer.attributes" for r in admin.read("/v1/audit", pb.AuditList()).entries)
