# SPDX-License-Identifier: Apache-2.0
"""Why work is in its queue: which conditions of whose rules let it in, and which kept it out of the queues before."""
import json

import websockets
from harness import pb
from harness.http import Http
from harness.stories import TEL, chose, stored, words, work_of


def rules(config):
    config["queue"] = [{"name": "calls", "channels": ["voice"]},
                       {"name": "bills", "intents": ["billing"], "languages": ["de"]},
                       {"name": "gold", "channels": ["sms", "email"], "attributes": {"plan": ["gold"], "region": ["north", "south"]}},
                       {"name": "rest"}]


def conditions(list_of):
    return [(c.kind, c.name, c.value, c.said_by) for c in list_of]


MET = [(pb.CONDITION_KIND_CHANNEL, "", "", pb.SAID_BY_UNSPECIFIED), (pb.CONDITION_KIND_ATTRIBUTE, "plan", "gold", pb.SAID_BY_EVENT),
       (pb.CONDITION_KIND_ATTRIBUTE, "region", "", pb.SAID_BY_EVENT)]
TOLD = "  entered gold: channel sms, attribute plan = gold (event), attribute region (event)\n"
NOT = ["  not calls, which is for other channels than sms", "  not bills, which is for other languages than fr"]


async def test_which_rules_let_it_in_and_which_did_not(world, tmp_path):
    daemon = world(rules)
    said = {"plan": "gold", "region": "north"}
    placed = stored(daemon.http().post_event(words("sms", TEL, "hello", intent="billing", language="fr", attributes=said)))
    work = await work_of(daemon, placed.conversation)
    shown = daemon.admin.read(f"/v1/work/{work}", pb.Work()).entered
    assert (shown.queue, shown.input, shown.before, shown.last) == ("gold", work, 2, False)
    assert conditions(shown.met) == MET and shown.met[0].channel == pb.CHANNEL_SMS and not shown.passed
    assert daemon.admin.read("/v1/work", pb.WorkList()).work[0].entered == shown
    record = daemon.why(work).decisions[0]
    assert record.entered == shown and record.input == work
    told = daemon.cli("why", str(work)).stdout
    assert told.count(TOLD) == 2 and "north" not in told  # the record's, and as things stand

    # In full: also of a decision that was made later.
    full = daemon.cli("why", str(work), "--full").stdout
    assert TOLD + "\n".join(NOT) + "\n" in full
    async with daemon.desk("ann") as ann:
        context = (await ann.take()).work
        assert context.queue == "gold" and not context.HasField("entered")  # desks are not told
        later = daemon.why(work, chose("ann")).decisions[0]
        assert later.winner == "ann" and later.input > work and later.entered == shown
        name = f"{later.input}.{later.index}"
        assert daemon.cli("why", str(work)).stdout.count(TOLD) == 2  # not with each decision
        assert TOLD in daemon.cli("why-not", str(work), "bert").stdout
        full = daemon.cli("why", str(work), "--full").stdout
        assert full.startswith(f"decision {name} ") and TOLD + "\n".join(NOT) + "\n" in full
        answer = Http(daemon.address, daemon.token("supervisor")).get(f"/v1/decisions/{name}")
        passed = json.loads(answer.body)["entered"]["passed"]
        assert [p["queue"] for p in passed] == ["calls", "bills"]
        assert passed[1]["failed"] == {"kind": "CONDITION_KIND_LANGUAGE", "name": "fr"}
        folder = tmp_path / "archive"
        folder.mkdir()
        daemon.cli("archive", str(folder), "--keep-back", "0")
        assert daemon.cli("why", str(work), "--decision", name, "--archive", str(folder)).stdout == full


async def test_of_the_last_queue_and_of_the_customers_record(world):
    daemon = world(rules)
    placed = stored(daemon.http().post_event(words("sms", TEL, "hello")))
    work = await work_of(daemon, placed.conversation)
    daemon.why(work)  # the record is there
    assert "  entered rest: none of the 3 queues before it took it\n" in daemon.cli("why", str(work)).stdout
    full = daemon.cli("why", str(work), "--full").stdout
    assert "  not bills, which is for certain languages, and none is known\n" in full
    assert "  not gold, which asks for attribute plan = gold, of which nothing is said\n" in full

    tin = stored(daemon.http().post_event(words("sms", "tel:+4915100000002", "hello", attributes={"plan": "tin"})))
    other = await work_of(daemon, tin.conversation)
    daemon.why(other)
    full = daemon.cli("why", str(other), "--full").stdout
    assert "  not gold, which asks for attribute plan = gold, and the event says otherwise\n" in full and "tin" not in full

    # Later words change nothing of it, until its queue goes and the rules are asked again.
    daemon.admin.send("PUT", f"/v1/customers/{placed.customer}/attributes", pb.CustomerAttributes(attributes={"plan": "gold", "region": "south"}))
    assert stored(daemon.http().post_event(words("sms", TEL, "again"))).conversation == placed.conversation
    assert daemon.admin.read(f"/v1/work/{work}", pb.Work()).entered.queue == "rest"
    assert daemon.admin.send("PUT", "/v1/queues/spare", pb.Queue()).status == 200
    assert daemon.admin.call("DELETE", "/v1/queues/rest").status in (200, 204)
    shown = daemon.admin.read(f"/v1/work/{work}", pb.Work()).entered
    assert shown.queue == "gold" and shown.input > work
    assert "  entered gold: channel sms, attribute plan = gold (customer), attribute region (customer)\n" in daemon.cli("why", str(work)).stdout


async def test_the_tail_tells_it_in_short(world):
    def with_odd_name(config):
        rules(config)
        config["queue"].insert(0, {"name": "odd", "attributes": {'a "quoted" key': ["yes"]}})
    daemon = world(with_odd_name)
    asked = [("sms", {"attributes": {"plan": "gold", "region": "north"}}, "gold", "channel:sms,attribute:plan,attribute:region"),
             ("sms", {"attributes": {'a "quoted" key': "yes"}}, "odd", "attribute"),
             ("sms", {"intent": "other"}, "rest", "last")]
    async with websockets.connect(f"ws://{daemon.address}/v1/tail", subprotocols=["throughline.v1.json"],
                                  extra_headers={"Authorization": f"Bearer {daemon.token('supervisor')}"}) as tail:
        for i, (account, said, *_) in enumerate(asked):
            stored(daemon.http().post_event(words(account, f"tel:+49151999000{i}", "hello", **said)))
        decisions = []
        while len(decisions) < len(asked):
            effect = json.loads(await tail.recv())
            if effect["effect"] == "decision":
                decisions.append((effect["queue"], effect["entered"]))
    assert decisions == [tuple(a[2:]) for a in asked]
