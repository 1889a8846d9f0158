# SPDX-License-Identifier: Apache-2.0
"""Mail goes out to a submission server as providers run them: TLS is demanded, and a password (SASL). A real Postfix, which asks a real Dovecot."""
from email import message_from_bytes

import pytest
from harness import pb
from harness.dovecot import Dovecot
from harness.mail import account, hand_in, letter
from harness.mailbox import eventually
from harness.postfix import Postfix, Sink

EVA = "eva@customer.test"
DEMANDS = """
mynetworks =
smtpd_recipient_restrictions = permit_sasl_authenticated, reject
smtpd_tls_security_level = encrypt
smtpd_tls_auth_only = yes
smtpd_tls_received_header = yes
smtpd_tls_cert_file = {dir}/cert.pem
smtpd_tls_key_file = {dir}/key.pem
smtpd_sasl_auth_enable = yes
smtpd_sasl_authenticated_header = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{auth_port}
"""


class Office:
    """A daemon that submits support@tl.test's mail, and the servers around it."""

    def __init__(self, world, dovecot, postfix, **settings):
        self.daemon = world(lambda c: self.configure(c, dovecot, postfix, settings))

    @staticmethod
    def configure(config, dovecot, postfix, settings):
        config["lmtp"] = {"listen": "127.0.0.1:0"}
        config["outbound"] = {"ca_file": f"{dovecot.dir}/cert.pem"}
        config["account"].append(account("support", **({
            "smtp": f"smtp://localhost:{postfix.port}", "smtp_user": "support", "smtp_password": dovecot.password} | settings)))

    def change(self, **settings):
        self.daemon.config["account"][-1].update(settings)
        self.daemon.write_config()
        self.daemon.restart()

    async def answer(self, ann, text):
        hand_in(self.daemon, EVA, ["support@tl.test"], letter(EVA, "help", "<1@customer.test>"))
        await ann.say((await ann.take()).conversation.id, text)

    async def says(self, *words):
        """What the operator reads of the account."""
        def shown():
            body = self.daemon.admin.get("/v1/channels").body.decode()
            return all(w in body for w in words)
        await eventually(shown, f"{words} in /v1/channels")


@pytest.fixture
def servers():
    with Sink() as sink, Dovecot(tls=True) as dovecot:
        with Postfix("error:not here", f"lmtp:inet:127.0.0.1:{sink.port}", more=DEMANDS.format(**vars(dovecot))) as postfix:
            yield sink, dovecot, postfix


async def arrived(sink, text):
    return (await eventually(lambda: [m for m in sink.mails if text.encode() in m[2]], "the mail in the sink"))[0]


async def test_submitted_by_tls_with_a_password(world, servers):
    sink, dovecot, postfix = servers
    office = Office(world, dovecot, postfix)
    async with office.daemon.desk("ann") as ann:
        await office.answer(ann, "by the book")
        _, to, mail = await arrived(sink, "by the book")
        await ann.wait("delivery", lambda d: d.state == pb.DELIVERY_STATE_SENT)
    received = message_from_bytes(mail)["Received"]
    assert to == EVA and "ESMTPSA" in received and "TLSv1." in received and "Authenticated sender: support" in received


async def test_a_wrong_password_holds_the_mail_until_it_is_put_right(world, servers):
    sink, dovecot, postfix = servers
    office = Office(world, dovecot, postfix, smtp_password="not-it")
    async with office.daemon.desk("ann") as ann:
        await office.answer(ann, "a little later")
        await office.says("535")
    assert not sink.mails and "not-it" not in office.daemon.read_log()
    office.change(smtp_password=dovecot.password)
    assert (await arrived(sink, "a little later"))[1] == EVA


@pytest.mark.parametrize("url, authority", [("smtp://localhost:{port}", None), ("smtp://127.0.0.1:{port}", "own")])
async def test_no_word_to_a_server_that_nobody_vouches_for(world, servers, url, authority):
    """A certificate that is self-signed, or for another name: neither the password nor the mail is told."""
    sink, dovecot, postfix = servers
    office = Office(world, dovecot, postfix)
    office.daemon.stop()
    if not authority:
        del office.daemon.config["outbound"]
    office.change(smtp=url.format(port=postfix.port))
    async with office.daemon.desk("ann") as ann:
        await office.answer(ann, "for nobody else")
        await office.says("certificate")
    assert not sink.mails and "sasl_username" not in postfix.log()
