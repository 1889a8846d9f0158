# SPDX-License-Identifier: Apache-2.0
"""One matter over every channel, on real parts: the chat in a real browser, SMS through a real Kannel, email through a real Postfix, a call by
a gateway. One conversation, Ann throughout, and each answer reaches the customer on the other side. The lines are those of
docs/tutorial/every-channel.md; only the ports are others."""
import asyncio
import json
import re
import shlex
import subprocess
import time
import tomllib
from email import message_from_bytes

from harness import pb
from harness.browser import Browser
from harness.chat import identity
from harness.config import CHAT_SECRET
from harness.kannel import Kannel
from harness.mail import lmtp_address
from harness.mailbox import PATIENCE, eventually
from harness.ports import free_port
from harness.postfix import Postfix, Sink
from harness.stories import call, hang_up, texts

NUMBER, ADDRESS = "+4915112345678", "eva@customer.test"
INVOICE = b"%PDF-1.4\n" + bytes(range(256)) * 20
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>a shop</title><h1>Shop</h1>
<script src="http://{address}/widget.js" data-account="web" data-identity="{identity}" defer></script>"""
WIDGET = "document.querySelector('throughline-chat')?.shadowRoot"


TUTORIAL = f"{pb.ROOT}/docs/tutorial/every-channel.md"


def lines(name, **ports):
    """A block of the page, with each of its ports replaced."""
    with open(TUTORIAL, encoding="utf-8") as f:
        block = re.search(rf"<!-- every {name} -->\n```\w*\n(.*?)```", f.read(), re.S)[1]
    for port, ours in ports.items():
        assert port[1:] in block, (port, block)
        block = block.replace(port[1:], str(ours))
    return block


def signed():
    return identity(CHAT_SECRET, reference="crm-7", handles=[f"tel:{NUMBER}", f"email:{ADDRESS}"], name="Eva", expires=int(time.time()) + 3600)


def invoice(daemon):
    """A file that Ann encloses."""
    kept = daemon.http("gateway").call("POST", "/v1/media", INVOICE, headers={"Content-Type": "application/pdf"}).message(pb.Attachment())
    return pb.Attachment(name="invoice.pdf", content_type="application/pdf", url=kept.url)


async def later(fn, *args):
    return await asyncio.to_thread(fn, *args)


async def test_one_matter_over_every_channel(world, tmp_path, monkeypatch):
    monkeypatch.setenv("MAIL_SECRET", "a secret of the tutorial")
    kannel, address = Kannel(tmp_path / "kannel"), f"127.0.0.1:{free_port()}"
    kannel.configure(address)
    try:
        with Sink() as sink, Postfix("error:not yet", f"lmtp:inet:127.0.0.1:{sink.port}") as postfix:
            async with Browser(tmp_path) as browser:
                site = await browser.serve(lambda: PAGE.format(address=address, identity=signed()))

                def every_channel(config):
                    config["server"]["listen"] = address
                    page = tomllib.loads(lines("daemon", _2424=0, _2525=postfix.port))
                    config["lmtp"] = page["lmtp"]
                    config["account"] = [a for a in config["account"] if a["name"] not in ("sms", "mail")]
                    config["account"][0]["origins"] = [site]
                    config["account"] += [kannel.account(address), *page["account"]]
                daemon = world(every_channel)
                postfix.deliver_to("lmtp:inet:%s:%s" % lmtp_address(daemon))
                with open(f"{postfix.dir}/main.cf", encoding="utf-8") as f:
                    assert set(lines("postfix", _2424=lmtp_address(daemon)[1]).splitlines()) <= set(f.read().splitlines())
                with open(f"{kannel.directory}/kannel.conf", encoding="utf-8") as f:
                    assert lines("phone-line", _13002=kannel.smsc) in f.read()
                await later(kannel.start)
                await play(daemon, browser, site, kannel, postfix, sink)
    finally:
        print(kannel.log())
        kannel.stop()


async def play(daemon, browser, site, kannel, postfix, sink):
    async with daemon.gateway("phone") as gateway, daemon.desk("ann") as ann:
        # The chat, in a browser.
        page = await browser.open(site)
        await page.until(f"!!{WIDGET}")
        await page.run(f"{WIDGET}.querySelector('button.open').click()")
        await page.until(f"!!{WIDGET}.querySelector('textarea')")
        await page.run(f"{WIDGET}.querySelector('textarea').focus()")
        await page.type("my bill is wrong")
        await page.press("Enter")
        seen = await ann.take()
        matter, work = seen.conversation.id, seen.work.id
        assert {h.handle for h in seen.customer.handles} >= {f"tel:{NUMBER}", f"email:{ADDRESS}"}
        await ann.say(matter, "which month?")
        await page.until(f"{WIDGET}.textContent.includes({json.dumps('which month?')})")

        # SMS, through Kannel, from a phone that the customer has proven to be theirs.
        kannel.phone.on(shlex.split(lines("sms", _13002=kannel.smsc))[-1])
        await ann.entry("march, on the road now", matter)
        await ann.say(matter, "I see it: 12 euros too much")
        await kannel.phone.hears("I see it: 12 euros too much")

        # Email, through Postfix, and the answer back through it.
        sent = await later(lambda: subprocess.run(shlex.split(lines("mail", _2525=postfix.port)), capture_output=True, text=True, timeout=PATIENCE, check=False))
        assert sent.returncode == 0, sent
        bill = await eventually(lambda: next((e for e in daemon.timeline(matter) if e.message.subject == "The bill"), None), "the mail")
        assert bill.message.text.strip() == "here is the bill" and bill.message.attachments[0].url.startswith("/v1/media/")
        await ann.do(send=pb.Send(conversation=matter, message=pb.Message(text="corrected, you get it back", attachments=[invoice(daemon)])))
        sender, to, mail = await later(sink.mail, lambda m: b"corrected, you get it back" in m[2])
        enclosed = [part for part in message_from_bytes(mail).walk() if part.get_filename() == "invoice.pdf"]
        assert enclosed and enclosed[0].get_content_type() == "application/pdf" and enclosed[0].get_payload(decode=True) == INVOICE
        assert to == ADDRESS and b"In-Reply-To: <bill@customer.test>" in mail and sender.startswith("support+"), (sender, to, mail)

        # A call, by the gateway.
        assert await gateway.event(call("phone", f"tel:{NUMBER}", "call-1")) is None
        await ann.wait("entry", lambda e: e.entry.HasField("call_started") and e.conversation == matter)
        assert await gateway.event(hang_up("phone", f"tel:{NUMBER}", "call-1")) is None

        # One conversation, one work, Ann throughout, everything said in it.
        c = daemon.conversation(matter)
        assert (c.agent, c.work) == ("ann", work) and len(daemon.customer(c.customer).conversations) == 1
        assert [t.strip() for t in texts(daemon.timeline(matter))] == [
            "my bill is wrong", "which month?", "march, on the road now", "I see it: 12 euros too much", "here is the bill",
            "corrected, you get it back"]
