# SPDX-License-Identifier: Apache-2.0
"""What the gateway says of a customer decides where the work waits."""
from harness import pb
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
