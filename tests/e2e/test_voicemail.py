# SPDX-License-Identifier: Apache-2.0
"""Voicemail: whom a queue cannot serve on the telephone leaves a message, which waits like anything written until an agent hears it."""
import subprocess

from harness import pb
from harness.daemon import BIN
from harness.http import Http
from harness.mailbox import PATIENCE, eventually
from harness.stories import TEL, call, event, hang_up

WAV = b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(range(64))


def never_open(queue=None, **more):
    def change(config):
        config["calendar"] = [{"name": "never", "time_zone": "UTC", "hours": []}]
        config["queue"] = [{"name": "support", "calendar": "never", "voicemail": ["closed"], **more}]
    return change


async def closed(daemon):
    await eventually(lambda: support(daemon).closed, "the calendar is compiled")


def support(daemon):
    return daemon.admin.read("/v1/queues/support", pb.QueueStatus())


def work(daemon, number):
    return daemon.admin.read(f"/v1/work/{number}", pb.Work())


def recording(daemon, number, **kw):
    """What the caller said, as a gateway brings it."""
    kept = daemon.http("gateway").call("POST", "/v1/media", WAV, headers={"Content-Type": "audio/wav"}).message(pb.Attachment())
    file = pb.Attachment(name="voicemail.wav", content_type="audio/wav", url=kept.url)
    return event("phone", TEL, message=pb.Message(attachments=[file]), threads=[number], **kw)


async def sent(gateway, number):
    return await gateway.delivery(lambda d: d.HasField("voicemail") and d.voicemail.call == number)


async def test_a_caller_leaves_a_message_and_an_agent_hears_it(world):
    daemon = world(never_open())
    await closed(daemon)
    async with daemon.gateway("phone") as gateway:
        assert await gateway.event(call("phone", TEL, "call-1", language="de")) is None
        d = await sent(gateway, "call-1")
        assert (d.account, d.to, d.agent) == ("phone", TEL, "")
        v = d.voicemail
        assert (v.queue, v.language, v.cause, v.most_seconds) == ("support", "de", pb.CAUSE_HOURS, 600)
        number = await eventually(lambda: daemon.conversation(d.conversation).work, "there is work")
        at_voicemail = work(daemon, number)
        assert (at_voicemail.state, at_voicemail.reason) == (pb.WORK_STATE_RECORDING, pb.REASON_VOICEMAIL)
        assert (support(daemon).waiting, support(daemon).recording) == (0, 1)
        async with daemon.desk("ann") as ann:  # who is there hears nothing of it yet
            assert await gateway.event(hang_up("phone", TEL, "call-1")) is None
            message = recording(daemon, "call-1", id="recording-1")
            assert await gateway.event(message) is None
            assert await gateway.event(message) is None  # in doubt, once more
            offer = await ann.offer()
            assert offer.context.work.id == number and offer.context.work.since_ms == at_voicemail.since_ms
            assert offer.context.work.voicemail.left and offer.context.work.voicemail.cause == pb.CAUSE_HOURS
            heard = [e for e in offer.context.timeline if e.message.attachments]
            assert len(heard) == 1 and heard[0].channel == pb.CHANNEL_VOICE
            assert Http(daemon.address).get(heard[0].message.attachments[0].url).body == WAV
            await ann.accept(offer)
            assert daemon.agent("ann").load == 1  # as a mail
            await ann.do(close=pb.Close(work=number, disposition="called-back", resolved=True))
        assert not [d for d in gateway.all("delivery") if d.HasField("connect")]  # nobody was on the line
    records = daemon.why(number, lambda made: any(d.voicemail.left for d in made)).decisions
    assert [(r.reason, r.voicemail.cause, r.voicemail.left) for r in sorted(records, key=lambda r: (r.input, r.index))][:3] == [
        (pb.REASON_NEW, 0, False), (pb.REASON_VOICEMAIL, pb.CAUSE_HOURS, False), (pb.REASON_VOICEMAIL, pb.CAUSE_HOURS, True)]
    told = daemon.cli("why", str(number), "--full").stdout
    assert "  a voicemail was left, since the queue was closed\n" in told
    counts = support(daemon).voicemails
    assert (counts.sent, counts.left, counts.empty) == (1, 1, 0)
    assert 'throughline_voicemails_total{tenant="main",queue="support",came="left"} 1' in daemon.admin.get("/metrics").body.decode()


async def on_a_terminal(daemon, heard, words):
    """Ann's terminal desk, which takes what it is offered, shows these words."""
    with open(heard, "wb") as out:
        desk = subprocess.Popen([f"{BIN}/throughline", "--data-dir", daemon.data, "desk", "--as", "ann", "--auto"], stdin=subprocess.PIPE, stdout=out, stderr=out)
    try:
        await eventually(lambda: words in heard.read_text(), heard.read_text)
        desk.communicate(b"/quit\n", timeout=PATIENCE)
        assert desk.returncode == 0
    finally:
        desk.kill()
        desk.wait()


async def test_words_before_the_end_of_the_call_and_a_restart_between(world, tmp_path):
    daemon = world(never_open())
    await closed(daemon)
    async with daemon.gateway("phone") as gateway:
        assert await gateway.event(call("phone", TEL, "call-2")) is None
        conversation = (await sent(gateway, "call-2")).conversation
        number = await eventually(lambda: daemon.conversation(conversation).work, "there is work")
    daemon.restart()
    assert work(daemon, number).state == pb.WORK_STATE_RECORDING
    async with daemon.gateway("phone") as gateway:
        assert await gateway.event(recording(daemon, "call-2")) is None
        await eventually(lambda: work(daemon, number).voicemail.left, "the words are there")
        assert await gateway.event(hang_up("phone", TEL, "call-2")) is None
        await eventually(lambda: work(daemon, number).state == pb.WORK_STATE_QUEUED, "it waits for an agent")
        status = work(daemon, number)
        assert status.reason == pb.REASON_VOICEMAIL
        assert not any(s.live for s in status.sessions)
    await on_a_terminal(daemon, tmp_path / "desk", "\n  a voicemail was left, since the queue was closed\n")


async def test_who_hangs_up_without_a_word_has_given_up(world):
    daemon = world(never_open(voicemail_wait_seconds=1))
    await closed(daemon)
    async with daemon.gateway("phone") as gateway:
        assert await gateway.event(call("phone", TEL, "call-3")) is None
        conversation = (await sent(gateway, "call-3")).conversation
        number = await eventually(lambda: daemon.conversation(conversation).work, "there is work")
        assert await gateway.event(hang_up("phone", TEL, "call-3")) is None
        await eventually(lambda: not daemon.conversation(conversation).work, "nobody waits any more")
        await eventually(lambda: daemon.conversation(conversation).ended == "abandoned", "it is recorded")
        assert daemon.why(number, lambda made: any(d.voicemail.cause for d in made)).decisions[0].voicemail.cause == pb.CAUSE_HOURS
        assert "  sent to voicemail, since the queue was closed\n" in daemon.cli("why", str(number)).stdout
        assert support(daemon).voicemails.empty == 1


async def test_a_gateway_that_cannot_record_keeps_the_caller_waiting(world):
    daemon = world(never_open())
    await closed(daemon)
    async with daemon.gateway("phone", reports=False) as gateway:
        assert await gateway.event(call("phone", TEL, "call-4")) is None
        d = await sent(gateway, "call-4")
        number = await eventually(lambda: daemon.conversation(d.conversation).work, "there is work")
        await gateway.report(d.id, pb.DELIVERY_STATE_FAILED, reason="no recorder")
        await eventually(lambda: work(daemon, number).state == pb.WORK_STATE_QUEUED, "they wait on the line")
        async with daemon.desk("ann") as ann:
            await ann.take()
            bridge = await gateway.delivery(lambda d: d.HasField("connect"))
            assert (bridge.connect.call, bridge.connect.agent) == ("call-4", "ann")


async def test_who_has_waited_for_too_long_is_asked_to_leave_a_message(world):
    daemon = world(lambda config: config.update(queue=[{"name": "support", "voicemail_seconds": 1}]))
    async with daemon.gateway("phone") as gateway:
        assert await gateway.event(call("phone", TEL, "call-5")) is None
        assert (await sent(gateway, "call-5")).voicemail.cause == pb.CAUSE_WAITED


def test_bounds_of_a_request_are_those_of_the_file(world):
    daemon = world(never_open())
    for wrong in (pb.Queue(voicemail=[pb.NOTICE_KIND_SILENT]), pb.Queue(voicemail_seconds=86401), pb.Queue(voicemail_wait_seconds=86401)):
        answer = daemon.admin.send("PUT", "/v1/queues/more", wrong)
        assert (answer.status, answer.code) == (400, "invalid_body")
