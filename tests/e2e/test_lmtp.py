# SPDX-License-Identifier: Apache-2.0
"""Mail by LMTP: spoken by hand, and by a real Postfix with swaks before it. What is answered 250 is durable, what is not is sent again, nothing is lost
and nothing is there twice."""
import os
import signal
import threading

import pytest
from harness.config import misses_redis
from harness.http import Http
from harness.mail import Wire, hand_in, letter, lmtp_address, stories, with_mail
from harness.ports import free_port
from harness.postfix import Postfix, until
from harness.processes import redis_of

EVA = "eva@customer.test"


@pytest.fixture
def mailing(world):
    """A daemon with accounts for support@tl.test and sales@tl.test."""
    def make(change=None):
        def both(config):
            with_mail(config)
            if change:
                change(config)
        return world(both)
    return make


def test_every_recipient_has_an_answer_and_the_mail_is_stored(mailing):
    daemon = mailing()
    said = hand_in(daemon, EVA, ["Support+note@TL.test", "nobody@tl.test", "sales@tl.test"], letter(EVA, "my bill", "<one@customer.test>"))
    assert said == ["250 2.0.0 stored", "550 5.1.1 no account has this address", "250 2.0.0 stored"]
    told = stories(daemon, EVA, 2)
    assert sorted((e.account, e.message.text.strip()) for e in told) == [("sales", "my bill"), ("support", "my bill")]


def test_the_same_mail_again_is_answered_and_not_there_twice(mailing):
    daemon = mailing()
    mail = letter(EVA, "once", "<once@customer.test>")

    def send():
        assert hand_in(daemon, EVA, ["support@tl.test", "support+x@tl.test"], mail) == ["250 2.0.0 stored"] * 2
    for _ in range(50):
        send()
    threads = [threading.Thread(target=send) for _ in range(64)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert [e.message.text.strip() for e in stories(daemon, EVA, 1)] == ["once"]


def test_a_date_that_a_server_wrote_makes_no_other_mail(mailing):
    """Postfix dates an undated mail anew whenever it is handed it. Without a Message-Id the date is all that tells two apart."""
    daemon = mailing()
    mail = letter(EVA, "undated", "<dated@customer.test>")
    nameless = mail.replace("Message-Id: <dated@customer.test>\r\n", "").replace("undated", "yes")
    for m in (mail, nameless):
        assert hand_in(daemon, EVA, ["support@tl.test"], m) == ["250 2.0.0 stored"]
        assert hand_in(daemon, EVA, ["support@tl.test"], m.replace("12:00:00", "12:00:09")) == ["250 2.0.0 stored"]
    assert sorted(e.message.text.strip() for e in stories(daemon, EVA, 3)) == ["undated", "yes", "yes"]


def test_commands_in_one_piece_and_answers_in_order(mailing):
    daemon = mailing()
    w = Wire(daemon)
    said = w.say(f"LHLO mx\r\nMAIL FROM:<{EVA}>\r\nRCPT TO:<nobody@tl.test>\r\nDATA\r\nRCPT TO:<support@tl.test>\r\nDATA\r\n", 6)
    assert [s[:3] for s in said] == ["250", "250", "550", "503", "250", "354"], said
    assert w.say(letter(EVA, "piped", "<p@customer.test>") + ".\r\nQUIT\r\n", 2) == ["250 2.0.0 stored", "221 2.0.0 bye"]
    assert w.file.read() == b""
    w.close()


def test_no_mail_is_smuggled_inside_another(mailing):
    daemon = mailing()
    w = Wire(daemon)
    w.say("LHLO mx\r\n")
    inner = letter("boss@tl.test", "pay me", "<evil@x>") + ".\r\n"
    for end in ("\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r\n.\r"):
        assert w.say(f"MAIL FROM:<{EVA}>\r\nRCPT TO:<support@tl.test>\r\nDATA\r\n", 3)[2].startswith("354")
        outer = letter(EVA, "hello", "<o@x>") + end + "MAIL FROM:<boss@tl.test>\r\nRCPT TO:<support@tl.test>\r\nDATA\r\n" + inner
        assert w.say(outer) == "550 5.6.0 lines end with CR LF; a lone CR or LF was found"
    assert w.say("NOOP\r\n").startswith("250")
    assert w.say("NOOP\nNOOP\r\n").startswith("521")
    w.close()
    assert stories(daemon, EVA) == [] and stories(daemon, "boss@tl.test") == []


def test_what_is_too_much_is_refused(mailing):
    daemon = mailing(lambda config: config["lmtp"].update({"message_max": 65536, "max_connections": 3}))
    w = Wire(daemon)
    w.say("LHLO mx\r\n")
    assert w.say(f"MAIL FROM:<{EVA}> SIZE=65537\r\n").startswith("552 5.3.4")
    w.say(f"MAIL FROM:<{EVA}>\r\nRCPT TO:<support@tl.test>\r\nDATA\r\n", 3)
    assert w.say("x" * 70 + "\r\n" + ("y" * 70 + "\r\n") * 1000 + ".\r\n").startswith("552 5.3.4")
    others = [Wire(daemon) for _ in range(2)]
    assert all(o.greeting.startswith("220") for o in others)
    extra = Wire(daemon)
    assert extra.greeting.startswith("220") and extra.answer() == "421 4.3.2 too many connections"
    assert extra.file.read() == b""
    for o in (w, extra, *others):
        o.close()
    assert stories(daemon, EVA) == []


@pytest.mark.parametrize("limit", ["command_seconds", "data_seconds"])
def test_who_is_slow_is_left(mailing, limit):
    daemon = mailing(lambda config: config["lmtp"].update({limit: 1}))
    w = Wire(daemon)
    if limit == "data_seconds":  # of the whole mail, whatever comes meanwhile; all in one piece, so that nothing of it can come too late
        begin = f"LHLO mx\r\nMAIL FROM:<{EVA}>\r\nRCPT TO:<support@tl.test>\r\nDATA\r\nSubject: never ends\r\n"
        assert [said[:3] for said in w.say(begin, 4)] == ["250", "250", "250", "354"]
    assert w.answer() == "421 4.4.2 too slow"
    w.close()
    assert stories(daemon, EVA) == []


def test_a_large_mail_holds_nobody_up(mailing):
    daemon = mailing()
    body = "\r\n".join(["0123456789abcdef" * 4] * 300_000)  # 20 MB
    begun, others_were_answered = threading.Event(), threading.Event()
    said = []

    def send():
        w = Wire(daemon)
        w.say(f"LHLO mx\r\nMAIL FROM:<{EVA}>\r\nRCPT TO:<support@tl.test>\r\nDATA\r\n", 4)
        mail = letter(EVA, body, "<big@customer.test>").encode()
        w.socket.sendall(mail[:len(mail) // 2])
        begun.set()
        others_were_answered.wait()
        said.append(w.say(mail[len(mail) // 2:] + b".\r\n"))
        w.close()
    t = threading.Thread(target=send)
    t.start()
    begun.wait()
    for _ in range(4):
        assert Http(daemon.address).get("/livez").status == 200
    others_were_answered.set()
    while t.is_alive():
        assert Http(daemon.address).get("/livez").status == 200
    t.join()
    assert said == ["250 2.0.0 stored"]
    assert len(stories(daemon, EVA, 1)) == 1


# ---- a real mail server ----

@pytest.fixture
def post(mailing):
    daemon = mailing(lambda config: (misses_redis(config), config["lmtp"].update(listen=f"127.0.0.1:{free_port()}")))  # where it comes back
    with Postfix("lmtp:inet:%s:%s" % lmtp_address(daemon)) as postfix:
        yield daemon, postfix


def test_postfix_hands_over_and_hears_of_each_recipient(post):
    daemon, postfix = post
    postfix.swaks("support+note@tl.test", "nobody@tl.test", "sales@tl.test", sender=EVA, body="by swaks", header="Message-Id: <s1@customer.test>")
    assert postfix.outcome("support+note@tl.test", "sent") == "250 2.0.0 stored"
    assert postfix.outcome("sales@tl.test", "sent") == "250 2.0.0 stored"
    assert "550 5.1.1 no account has this address" in postfix.outcome("nobody@tl.test", "bounced")
    assert len(stories(daemon, EVA, 2)) == 2


def test_mail_waits_at_postfix_while_redis_is_away(post):
    daemon, postfix = post
    redis = redis_of(daemon)
    os.kill(redis, signal.SIGSTOP)
    try:
        for n in range(5):
            postfix.swaks("support@tl.test", sender=EVA, body=f"waits {n}", header=f"Message-Id: <w{n}@customer.test>")
        said = postfix.outcome("support@tl.test", "deferred")
        assert "451 4.3.0" in said, said
    finally:
        os.kill(redis, signal.SIGCONT)
    until(lambda: not postfix.flush() and not postfix.queued(), lambda: f"an empty queue: {postfix.queued()}")
    assert sorted(e.message.text.strip() for e in stories(daemon, EVA, 5)) == [f"waits {n}" for n in range(5)]


def test_mail_waits_at_postfix_while_the_daemon_is_away(post):
    daemon, postfix = post
    daemon.kill()
    for n in range(3):
        postfix.swaks("support@tl.test", sender=EVA, body=f"away {n}", header=f"Message-Id: <a{n}@customer.test>")
    assert "Connection refused" in postfix.outcome("support@tl.test", "deferred")
    daemon.start()
    until(lambda: not postfix.flush() and not postfix.queued(), lambda: f"an empty queue: {postfix.queued()}")
    assert sorted(e.message.text.strip() for e in stories(daemon, EVA, 3)) == [f"away {n}" for n in range(3)]


def test_postfix_by_a_socket_in_a_folder(world, tmp_path_factory):
    import tempfile
    with tempfile.TemporaryDirectory(prefix="tl-lmtp-") as folder:
        os.chmod(folder, 0o755)

        def by_path(config):
            with_mail(config)
            config["lmtp"]["listen"] = f"unix:{folder}/lmtp"
        daemon = world(by_path)
        with Postfix(f"lmtp:unix:{folder}/lmtp") as postfix:
            postfix.swaks("support@tl.test", sender=EVA, body="by path", header="Message-Id: <u@customer.test>")
            assert postfix.outcome("support@tl.test", "sent") == "250 2.0.0 stored"
            daemon.kill()
            daemon.start()  # takes over the socket that the dead one left
            postfix.swaks("support@tl.test", sender=EVA, body="again", header="Message-Id: <u2@customer.test>")
            until(lambda: len(stories(daemon, EVA)) == 2, "the second mail")
        daemon.stop()
        assert not os.path.exists(f"{folder}/lmtp")
