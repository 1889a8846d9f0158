# SPDX-License-Identifier: Apache-2.0
"""A caller hangs up, keeps the place, and is called when an agent is theirs: over the gateway's stream, through a restart, until they answer."""
from harness import pb
from harness.mailbox import eventually
from harness.stories import TEL, call, event, stored, work_of
from test_notice import away_from_now, is_closed

NUMBER = "+4915112345678"


def patient(config):
    config["queue"] = [{"name": "support", "callback_retry_seconds": 1, "callback_attempts": 3}]


def hangs_up(number, callback=""):
    return event("phone", TEL, call_ended=pb.CallEnded(call=number, reason="hangup", callback=callback), threads=[number])


def work(daemon, id):
    return daemon.admin.read(f"/v1/work/{id}", pb.Work())


def callbacks(daemon):
    return daemon.admin.read("/v1/queues/support", pb.QueueStatus()).callbacks


async def dialled(gateway, attempt):
    return await gateway.delivery(lambda d: d.HasField("dial") and d.dial.attempt == attempt)


async def test_who_hangs_up_keeps_the_place_and_is_called_until_they_answer(world):
    daemon = world(patient)
    placed = stored(daemon.http().post_event(call("phone", TEL, "call-1")))
    id = await work_of(daemon, placed.conversation)
    since = work(daemon, id).since_ms
    wrong = daemon.http().post_event(hangs_up("call-1", "015112345678"))
    assert (wrong.status, wrong.error.field) == (pb.EVENT_STATUS_REFUSED, "call_ended.callback"), wrong
    assert "E.164" in wrong.error.detail
    stored(daemon.http().post_event(hangs_up("call-1", NUMBER)))
    daemon.restart()
    [session] = work(daemon, id).sessions
    assert (session.live, session.callback, session.attempts) == (True, NUMBER, 0)
    assert work(daemon, id).state == pb.WORK_STATE_QUEUED

    async with daemon.gateway("phone") as gateway, daemon.desk("ann") as ann:
        offer = await ann.offer()
        assert offer.context.work.sessions[0].callback == NUMBER
        await ann.accept(offer)
        first = await dialled(gateway, 1)
        assert (first.dial.number, first.dial.agent, first.dial.work, first.dial.call) == (NUMBER, "ann", id, "call-1")
        assert (first.to, first.conversation) == (TEL, placed.conversation)
        # Nobody answers: Ann is free, and the customer keeps the place.
        await gateway.report(first.id, pb.DELIVERY_STATE_FAILED, reason="busy")
        await ann.wait("unassigned", lambda u: u.work == id and u.reason == pb.REASON_CALLBACK_UNREACHED)
        again = await ann.wait("offer", lambda o: o.context.work.id == id and o.reason == pb.REASON_WOKEN)
        assert again.context.work.since_ms == since and again.context.work.sessions[0].attempts == 1
        await ann.accept(again)
        # The call that begins is put through.
        second = await dialled(gateway, 2)
        assert second.dial.until_ms > first.dial.until_ms
        answered = event("phone", TEL, call_started=pb.CallStarted(call="call-2", dialled=NUMBER),
                         threads=[f"conversation:{placed.conversation}"])
        assert await gateway.event(answered) is None
        bridge = await gateway.delivery(lambda d: d.HasField("connect"))
        assert (bridge.connect.call, bridge.connect.agent) == ("call-2", "ann")
        assert [s.callback for s in work(daemon, id).sessions] == [""]
        assert len([d for d in gateway.all("delivery") if d.HasField("dial")]) == 2
        assert [d.callback for d in daemon.why(id, lambda made: sum(bool(d.winner) for d in made) > 1).decisions if d.winner] == [2, 1]
        assert "to be called back, attempt 2" in daemon.cli("why", str(id), "--full").stdout
        n = callbacks(daemon)
        assert (n.asked, n.reached, n.unreached) == (1, 1, 1)
        assert 'throughline_callbacks_total{tenant="main",queue="support",what="unreached"} 1' in daemon.http().get("/metrics").body.decode()


async def test_who_wants_it_no_longer_is_not_called(world):
    daemon = world(patient)
    placed = stored(daemon.http().post_event(call("phone", TEL, "call-1")))
    await work_of(daemon, placed.conversation)
    stored(daemon.http().post_event(hangs_up("call-1", NUMBER)))
    stored(daemon.http().post_event(hangs_up("call-1")))
    await eventually(lambda: daemon.conversation(placed.conversation).ended == "cancelled", "it is over")


def offered(config):
    config["queue"] = [{"name": "support", "callback_after_seconds": 60}]


async def test_who_waits_long_is_offered_to_be_called_back(world):
    daemon = world(offered)
    async with daemon.gateway("phone", waits=True) as gateway:
        stored(daemon.http().post_event(call("phone", TEL, "call-1")))
        told = await gateway.wait("wait", lambda w: w.call == "call-1")
        assert (told.wait.kind, told.callback) == (pb.WAIT_KIND_NOBODY, True)
        async with daemon.desk("ann"):  # somebody comes: it rings, and what was told last holds
            stored(daemon.http().post_event(hangs_up("call-1", NUMBER)))
            stored(daemon.http().post_event(call("phone", "tel:+4915112345679", "call-2")))
            told = await gateway.wait("wait", lambda w: w.call == "call-2" and w.wait.kind == pb.WAIT_KIND_LEARNING)
            assert not told.callback


async def test_outside_the_hours_nobody_is_called(world):
    def change(config):
        config["calendar"] = [{"name": "office", "time_zone": "Etc/UTC", "hours": [f"mon-sun {away_from_now()}"]}]
        config["queue"] = [{"name": "support", "callback_hours": "office", "calendar": "office"}]
    daemon = world(change)
    await is_closed(daemon)
    placed = stored(daemon.http().post_event(call("phone", TEL, "call-1")))
    id = await work_of(daemon, placed.conversation)
    stored(daemon.http().post_event(hangs_up("call-1", NUMBER)))
    assert f"to be called back at {NUMBER}" in daemon.cli("conversations", str(placed.conversation)).stdout
    assert f"{NUMBER}, attempt 1" in daemon.cli("work").stdout
    assert "1 asked, 0 reached, 0 not" in daemon.cli("queues").stdout
    async with daemon.desk("ann") as ann:
        await eventually(lambda: work(daemon, id).reason == pb.REASON_CALLBACK_CLOSED, "it sleeps")
        asleep = work(daemon, id)
        assert asleep.state == pb.WORK_STATE_SNOOZED and asleep.snoozed_until_ms > 0
        assert not ann.offers()
