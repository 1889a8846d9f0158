# SPDX-License-Identifier: Apache-2.0
"""One matter over every channel, on real parts: the chat in a real browser, SMS through a real Kannel, email through a real Postfix, a call by
a gateway. One conversation, Ann throughout, and each answer reaches the customer on the other side."""
import asyncio
import json
import time

from harness.browser import Browser
from harness.chat import identity
from harness.config import CHAT_SECRET
from harness.kannel import Kannel, free_ports
from harness.mail import account, lmtp_address
from harness.mailbox import eventually
from harness.postfix import Postfix, Sink
from harness.stories import call, hang_up, texts

NUMBER, ADDRESS = "+4915112345678", "eva@customer.test"
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>a shop</title><h1>Shop</h1>
<script src="http://{address}/widget.js" data-account="web" data-identity="{identity}" defer></script>"""
WIDGET = "document.querySelector('throughline-chat')?.shadowRoot"


def signed():
    return identity(CHAT_SECRET, reference="crm-7", handles=[f"tel:{NUMBER}", f"email:{ADDRESS}"], name="Eva", expires=int(time.time()) + 3600)


async def later(fn, *args):
    return await asyncio.to_thread(fn, *args)


async def test_one_matter_over_every_channel(world, tmp_path):
    kannel, address = Kannel(tmp_path / "kannel"), f"127.0.0.1:{free_ports(1)[0]}"
    kannel.configure(address)
    try:
        with Sink() as sink, Postfix("error:not yet", f"lmtp:inet:127.0.0.1:{sink.port}") as postfix:
            async with Browser(tmp_path) as browser:
                site = await browser.serve(lambda: PAGE.format(address=address, identity=signed()))

                def every_channel(config):
                    config["server"]["listen"] = address
                    config["lmtp"] = {"listen": "127.0.0.1:0"}
                    config["account"] = [a for a in config["account"] if a["name"] not in ("sms", "mail")]
                    config["account"][0]["origins"] = [site]
                    config["account"] += [kannel.account(address), account("support", smtp=f"smtp://127.0.0.1:{postfix.port}", smtp_tls=False)]
                daemon = world(every_channel)
                postfix.deliver_to("lmtp:inet:%s:%s" % lmtp_address(daemon))
                await later(kannel.start)
                await play(daemon, browser, site, kannel.phone, postfix, sink)
    finally:
        print(kannel.log())
        kannel.stop()


async def play(daemon, browser, site, phone, postfix, sink):
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
        await phone.say(NUMBER, "march, on the road now")
        await ann.entry("march, on the road now", matter)
        await ann.say(matter, "I see it: 12 euros too much")
        await phone.hears("I see it: 12 euros too much")

        # Email, through Postfix, and the answer back through it.
        await later(lambda: postfix.swaks("support@tl.test", sender=ADDRESS, body="here is the bill", header=(
            "Message-Id: <bill@customer.test>"), h_Subject="The bill", attach="@/etc/hostname"))
        bill = await eventually(lambda: next((e for e in daemon.timeline(matter) if e.message.subject == "The bill"), None), "the mail")
        assert bill.message.text.strip() == "here is the bill" and bill.message.attachments[0].url.startswith("/v1/media/")
        await ann.say(matter, "corrected, you get it back")
        sender, to, mail = await later(sink.mail, lambda m: b"corrected, you get it back" in m[2])
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
