# SPDX-License-Identifier: Apache-2.0
"""What a mail means, all the way to whoever reads the story: words apart from what they answer, HTML made safe, others who got it, and whose matter it is."""
import base64
import hashlib
import hmac

import pytest
from harness import pb
from harness.mail import account, hand_in, stories, with_mail
from harness.postfix import until
from harness.stories import event, words

EVA, BOB = "eva@customer.test", "bob@partner.test"


@pytest.fixture
def daemon(world):
    return world(with_mail)


def token(kind, payload):
    mac = hmac.new(account("support")["secret"].encode(), f"mail {kind} {payload}".encode(), hashlib.sha256).digest()
    return f"{payload}.{base64.b32encode(mac[:10]).decode().lower()}"


def mail(sender, body, id, kind="text/plain; charset=utf-8", **headers):
    lines = {"From": f"Someone <{sender}>", "To": "support@tl.test", "Subject": "the bill", "Message-ID": id, "MIME-Version": "1.0", "Content-Type": kind}
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in (lines | headers).items())
    return head + "\r\n" + body.replace("\n", "\r\n") + "\r\n"


def only_matter(daemon):
    (matter,) = daemon.admin.read("/v1/conversations", pb.ConversationList()).conversations
    return matter


def test_a_mail_is_taken_apart_and_shown(daemon):
    html = '<p onclick="x()">It is <b>wrong</b>.<script>alert(1)</script><img src="https://spy.test/p.gif"></p>'
    quoted = "It is wrong.\n\nOn Wed, 25 Nov 2026 at 19:01, Support <support@tl.test> wrote:\n> your bill\n> of May\n"
    parts = f"--b\nContent-Type: text/plain\n\n{quoted}\n--b\nContent-Type: text/html\n\n{html}\n--b--\n"
    sent = mail(EVA, parts, "<1@customer.test>", "multipart/alternative; boundary=b", Cc=f"Bob <{BOB}>")
    assert hand_in(daemon, EVA, ["support@tl.test"], sent) == ["250 2.0.0 stored"]
    (entry,) = stories(daemon, EVA, 1)
    m = entry.message
    assert (m.text, m.subject, m.message_id) == ("It is wrong.", "the bill", "<1@customer.test>")
    assert m.quoted.endswith("> your bill\n> of May") and "wrote:" in m.quoted
    assert m.html == '<p>It is <b>wrong</b>.<img data-remote="https://spy.test/p.gif"></p>'
    assert list(m.participants) == [f"email:{BOB}"]
    shown = daemon.cli("conversations", str(only_matter(daemon).id)).stdout
    assert f"[also to {BOB}]" in shown and "[3 lines quoted]" in shown and "of May" not in shown


def test_whose_matter_it_is_is_told_by_what_we_signed(daemon):
    assert hand_in(daemon, EVA, ["support@tl.test"], mail(EVA, "mine", "<1@customer.test>")) == ["250 2.0.0 stored"]
    matter = only_matter(daemon)
    reply = f"support+r{token('r', matter.id)}@tl.test"
    ours = f"<{token('m', f'{matter.id}.9')}@tl.test>"
    forged = reply[:-10] + "a" + reply[-9:]
    # To the signed address, and answering a Message-Id of ours: the matter, as somebody who is not its customer.
    hand_in(daemon, BOB, [reply], mail(BOB, "by address", "<2@partner.test>"))
    hand_in(daemon, BOB, ["support@tl.test"], mail(BOB, "by reference", "<3@partner.test>", In_Reply_To=ours))
    entries = until(lambda: len(e := daemon.timeline(matter.id)) > 2 and e, "three entries")
    assert [(e.message.text, e.author.participant) for e in entries[1:]] == [("by address", f"email:{BOB}"), ("by reference", f"email:{BOB}")]
    # Forged, it is a matter of their own.
    hand_in(daemon, BOB, [forged], mail(BOB, "forged", "<4@partner.test>", In_Reply_To=ours.replace(f"<{matter.id}.", f"<{matter.id + 1}.")))
    stories(daemon, BOB, 3)
    assert len(daemon.timeline(matter.id)) == 3
    # The customer's own answer.
    hand_in(daemon, EVA, [reply], mail(EVA, "and mine again", "<5@customer.test>"))
    last = until(lambda: len(e := daemon.timeline(matter.id)) > 3 and e, "four entries")[-1]
    assert (last.message.text, last.author.customer) == ("and mine again", matter.customer)


def test_a_machines_mail_opens_no_work(daemon):
    hand_in(daemon, EVA, ["support@tl.test"], mail(EVA, "I am away.", "<1@customer.test>", Auto_Submitted="auto-replied"))
    (entry,) = stories(daemon, EVA, 1)
    assert entry.message.automatic
    assert not daemon.admin.read("/v1/work", pb.WorkList()).work


async def test_nobody_gets_unsafe_html_in(daemon):
    for html in ("<p onclick='x()'>a</p>", "<script>x</script>", "<p>never closed"):
        result = daemon.http().post_event(event("mail", f"email:{EVA}", message=pb.Message(text="a", html=html)))
        assert (result.status, result.error.field) == (pb.EVENT_STATUS_REFUSED, "message.html")
    async with daemon.desk("ann") as ann:
        daemon.http().post_event(words("sms", "tel:+4915112345678", "hello"))
        context = await ann.take()
        send = pb.Send(conversation=context.conversation.id, message=pb.Message(text="a", html="<p>a</p>"))
        await ann.put(pb.DeskCommand(client_id="c1", send=send))
        assert (await ann.wait("error")).field == "c1:send.message"
