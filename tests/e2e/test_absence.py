# SPDX-License-Identifier: Apache-2.0
"""Work of an agent who is not there stays as long as its channel says, and goes when their shift has ended."""
from harness import pb
from harness.mailbox import eventually
from harness.stories import MAIL, TEL, call, hang_up, stored, words


def patient(config):
    config["routing"]["grace_seconds"] = 3600
    config["channel"]["sms"]["lost_grace_seconds"] = 1
    config["channel"]["voice"]["lost_grace_seconds"] = 1
    config["queue"] = [{"name": "general", "wrap_up_seconds": 600}]


async def takes(desk, daemon, event):
    placed = stored(daemon.http().post_event(event))
    return (await desk.take(lambda o: o.context.conversation.id == placed.conversation)).work.id


def work(daemon, number):
    return daemon.admin.read(f"/v1/work/{number}", pb.Work())


async def test_a_lost_desk_and_the_end_of_the_shift(world):
    daemon = world(patient)
    async with daemon.desk("ann") as ann:
        text = await takes(ann, daemon, words("sms", TEL, "my bill"))
        mail = await takes(ann, daemon, words("mail", MAIL, "my bill"))
    async with daemon.desk("bert") as bert:
        offer = await bert.offer(lambda o: o.context.work.id == text)
        assert offer.context.work.reason == pb.REASON_DESK_LOST
        assert (work(daemon, mail).state, work(daemon, mail).agent) == (pb.WORK_STATE_ASSIGNED, "ann")
        async with daemon.desk("ann", session=ann.session) as back:
            assert [c.work.id for c in back.welcome.contexts] == [mail]
            await back.put(pb.DeskCommand(client_id="bye", logout=pb.Logout()))
            assert (await bert.offer(lambda o: o.context.work.id == mail)).context.work.reason == pb.REASON_AWAY


async def test_a_call_goes_on_without_a_desk(world):
    daemon = world(patient)
    async with daemon.desk("ann") as ann:
        number = await takes(ann, daemon, call("phone", TEL, "call-1"))
    await eventually(lambda: daemon.agent("ann").presence == pb.PRESENCE_STATE_LOST, "she is lost")
    assert work(daemon, number).state == pb.WORK_STATE_ASSIGNED
    stored(daemon.http().post_event(hang_up("phone", TEL, "call-1")))
    await eventually(lambda: work(daemon, number).state == pb.WORK_STATE_WRAP_UP, "it is being wrapped up")
    assert work(daemon, number).agent == "ann"
