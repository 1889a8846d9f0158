# SPDX-License-Identifier: Apache-2.0
"""Who may do what, where the role alone does not say: sessions, other agents, other people's customers, tokens taken away."""
import pytest
import websockets

from harness import pb
from harness.desk import Desk, tail
from harness.peer import Peer
from harness.stories import MAIL, TEL, stored, texts, words


async def closed_with(desk, code):
    """A desk that must not come in: closed 1008 with this reason."""
    await Peer.open(desk)
    await desk.put(pb.DeskCommand(hello=pb.Hello(session=desk.session, agent=desk.agent)))
    assert await desk.box.wait_closed() == (1008, code)
    assert desk.all("error")[-1].code == code


async def test_a_session_is_its_agents_own(daemon):
    """Bert says that Ann's session is his: he is sent away, and neither takes it over nor ends it."""
    async with daemon.desk("ann") as ann:
        await closed_with(daemon.desk("bert", session=ann.session), "forbidden")
        await ann.do(presence=pb.SetPresence(state=pb.PRESENCE_STATE_AVAILABLE))
        assert daemon.agent("ann").presence == pb.PRESENCE_STATE_AVAILABLE


async def test_an_admin_at_an_agents_desk_is_audited(daemon):
    async with Desk(daemon.address, daemon.admin.token, agent="ann") as desk:
        log = daemon.admin.read("/v1/audit", pb.AuditList()).entries
        opened = [a for a in log if a.action == "desk.open"]
        assert [(a.target, a.detail) for a in opened] == [("ann", desk.session)] and opened[0].actor


async def test_an_agent_has_so_many_desks(daemon):
    desks = [daemon.desk("ann", available=False) for _ in range(16)]
    for desk in desks:
        await desk.open()
    await closed_with(daemon.desk("ann"), "too_many")
    again = daemon.desk("ann", session=desks[0].session, available=False)  # its own session is always let in
    await again.open()
    for desk in [again, *desks]:
        await desk.leave()


async def test_an_agent_merges_only_whom_they_have_in_hand(daemon):
    """A merge shows one customer's story to whoever has the other: ids alone must not be enough."""
    http = daemon.http()
    mine, theirs = stored(http.post_event(words("sms", TEL, "mine"))), None
    async with daemon.desk("ann") as ann:
        await ann.take(lambda o: o.context.conversation.id == mine.conversation)
        await ann.do(presence=pb.SetPresence(state=pb.PRESENCE_STATE_AWAY))
        async with daemon.desk("bert") as bert:
            theirs = stored(http.post_event(words("mail", MAIL, "not for Ann")))
            await bert.take(lambda o: o.context.conversation.id == theirs.conversation)
            await ann.put(pb.DeskCommand(client_id="m", link=pb.Link(customer=mine.customer, merge=theirs.customer)))
            error = await ann.wait("error")
            assert (error.code, error.field) == ("forbidden", "m:link.merge")
            assert daemon.customer(theirs.customer).id == theirs.customer
            await ann.put(pb.DeskCommand(read_timeline=pb.ReadTimeline(conversation=theirs.conversation, limit=10)))
            await ann.wait("error", lambda e: e.field == "read_timeline.conversation" and e.code == "forbidden")


async def test_a_token_taken_away_ends_what_it_opened(daemon):
    secrets = {role: daemon.admin.send("POST", "/v1/tokens", pb.Token(role=role, agent=agent)).message(pb.Token())
               for role, agent in (("agent", "ann"), ("gateway", ""), ("supervisor", ""))}
    desk = Desk(daemon.address, secrets["agent"].secret)
    late = Desk(daemon.address, hello_token=secrets["agent"].secret, available=False)
    gateway = daemon.gateway("sms")
    gateway.token = secrets["gateway"].secret
    watching = await tail(daemon.address, secrets["supervisor"].secret)
    other = daemon.desk("bert")
    for peer in (desk, late, gateway, other):
        await peer.open()
    for token in secrets.values():
        assert daemon.admin.call("DELETE", f"/v1/tokens/{token.id}").status == 204
    for peer in (desk, late, gateway):
        assert await peer.box.wait_closed() == (1008, "unauthorized")
    with pytest.raises(websockets.ConnectionClosedError) as ended:
        async for _ in watching:
            pass
    assert (ended.value.rcvd.code, ended.value.rcvd.reason) == (1008, "unauthorized")
    await other.do(presence=pb.SetPresence(state=pb.PRESENCE_STATE_AVAILABLE))
    await other.leave()


async def test_words_keep_their_order_while_one_way_is_checked(daemon):
    """Words on a way not used yet need a look at the customer first; those behind them must not overtake them."""
    http = daemon.http()
    stored(http.post_event(words("sms", TEL, "first", authentication=pb.AUTHENTICATION_SIGNED, verified_handles=[MAIL])))
    async with daemon.desk("ann") as ann:
        conversation = (await ann.take()).conversation.id
        for n in range(6):
            way = {"account": "mail", "handle": MAIL, "channel": pb.CHANNEL_EMAIL} if n == 0 else {}
            send = pb.Send(conversation=conversation, message=pb.Message(text=f"word {n}"), **way)
            await ann.put(pb.DeskCommand(client_id=f"w{n}", send=send))
        for n in range(6):
            assert isinstance(await ann.outcome(f"w{n}"), pb.Done)
        assert texts(daemon.timeline(conversation)) == ["first", *(f"word {n}" for n in range(6))]


def test_names_from_a_request_keep_to_the_bounds_of_the_file(daemon):
    config = daemon.admin.read("/v1/config", pb.RoutingConfig())
    config.agents.add(id='x"},{"effect":"forged', name="X", capacity=1)
    answer = daemon.admin.send("POST", "/v1/config/apply", config)
    assert (answer.status, answer.code) == (400, "invalid_body")
    assert answer.json()["field"] == f"agents[{len(config.agents) - 1}].id"


def test_two_changes_under_one_request_id_are_two(daemon):
    """A proxy that writes the same X-Request-Id on everything must not make the second change vanish."""
    http = daemon.http()
    a, b = (stored(http.post_event(words("sms", f"tel:+491511111111{n}", "hello"))).customer for n in range(2))
    for act, merged in (("merge", [b]), ("unmerge", []), ("merge", [b])):
        answer = daemon.admin.send("POST", f"/v1/customers/{a}/{act}", pb.CustomerChange(other=b),
                                   headers={"X-Request-Id": "always-the-same"})
        assert answer.status == 200, answer
        assert list(answer.message(pb.Customer()).merged) == merged
