# SPDX-License-Identifier: Apache-2.0
"""What an operator meets: programs, configuration, health, metrics, logs, signals, administration while running."""
import contextlib
import json
import os
import re
import signal
import subprocess

from harness import pb
from harness.config import misses_redis
from harness.daemon import BIN, check_config
from harness.desk import Desk
from harness.http import Http
from harness.mailbox import PATIENCE, eventually
from harness.processes import alive, redis_of
from harness.raw import Raw, status_of
from harness.stories import MAIL, TEL, stored, texts, words


def program(*words):
    return subprocess.run([f"{BIN}/throughlined", *words], capture_output=True, text=True, timeout=PATIENCE, check=False)


# ---- programs and configuration ----


def test_version_and_usage():
    for flag in ("--version", "--help"):
        done = program(flag)
        assert done.returncode == 0 and "throughline" in done.stdout and done.stderr == ""
    wrong = program("--confg", "x")
    assert wrong.returncode == 64 and "--confg" in wrong.stderr


def test_the_example_is_valid():
    done = check_config(f"{pb.ROOT}/config.example.toml")
    assert done.returncode == 0, done.stderr


def test_all_mistakes_at_once_with_place_and_hint(tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text('[server]\nlisten = "127.0.0.1:0"\nmax_conections = 5\n[redis]\ndurability = "strikt"\n'
                    '[[account]]\nname = "a"\nchannel = "fax"\n[[agent]]\nid = "ann"\ncapacity = "many"\n', encoding="utf-8")
    done = check_config(path)
    assert done.returncode == 78 and done.stdout == ""
    lines = [line for line in done.stderr.split("\n") if line.startswith(f"{path}:")]
    assert [line.split(": ")[0] for line in lines if "warning" not in line][:4] == [f"{path}:{p}" for p in ("3:1", "5:14", "8:11", "11:12")]
    assert "max_connections" in lines[0] and "strict" in lines[1]
    assert program("--config", str(path)).returncode == 78
    assert check_config(tmp_path / "absent.toml").returncode == 78
    path.write_text("a = [", encoding="utf-8")
    assert check_config(path).returncode == 78


def test_a_second_daemon_does_not_take_the_directory(daemon):
    second = subprocess.run([f"{BIN}/throughlined", "--config", daemon.file], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert second.returncode not in (0, -6, -11), second
    assert daemon.data in second.stderr or "another" in second.stderr
    assert Http(daemon.address).get("/readyz").status == 200


# ---- health, metrics, log ----


async def test_health_tells_what_is_missing(world):
    daemon = world(misses_redis)
    anybody = Http(daemon.address)
    assert anybody.get("/livez").status == 200
    ready = anybody.get("/readyz?verbose")
    assert ready.status == 200 and ready.body
    redis, http = redis_of(daemon), daemon.http()
    os.kill(redis, signal.SIGSTOP)
    try:
        sick = await eventually(lambda: (a := anybody.get("/readyz?verbose")).status == 503 and a, "not ready")
        assert b"redis" in sick.body.lower()
        assert anybody.get("/livez").status == 200
        assert http.send("POST", "/v1/events", words("sms", TEL, "now?")).status == 503
    finally:
        os.kill(redis, signal.SIGCONT)
    await eventually(lambda: anybody.get("/readyz").status == 200, "ready again")


def test_the_bare_address_leads_somewhere(world):
    """To the demo where it is on; else to a page that says what this is. Without a token, and without a word of this installation."""
    demo = Http(world(lambda c: c["server"].update(demo=True)).address)
    for path in ("/", "/demo"):
        answer = demo.get(path)
        assert (answer.status, answer.headers["Location"]) == (302, "demo/")
    assert b"<!doctype html" in demo.get("/demo/").body.lower()
    daemon = world(lambda c: c["server"].update(demo=False))
    plain = Http(daemon.address).get("/")
    assert plain.status == 200 and plain.headers["Content-Type"].startswith("text/plain")
    text = plain.body.decode()
    assert "/livez" in text and not any(part.isdigit() for part in text.replace("v1", "")) and daemon.data not in text
    assert Http(daemon.address).get("/demo").status == 404


def test_metrics_are_prometheus_and_not_personal(daemon):
    placed = stored(daemon.http().post_event(words("sms", TEL, "a body that nobody counts", display_name="Eva Exempel")))
    stored(daemon.http().post_event(words("mail", MAIL, "another")))
    answer = Http(daemon.address).get("/metrics")
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    text = answer.body.decode()
    types, helps = {}, set()
    for line in text.rstrip("\n").split("\n"):
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            types[name] = kind
        elif line.startswith("# HELP "):
            helps.add(line.split(" ")[2])
        else:
            assert re.fullmatch(r'[a-z_:][a-z0-9_:]*(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? (-?[0-9.e+-]+|\+Inf|NaN)', line), line
    assert types and set(types) == helps
    for name, kind in types.items():
        assert name.startswith(("throughline_", "process_")), name
        assert name.endswith("_total") == (kind == "counter"), name
    for private in ("4915112345678", "eva@example", "Exempel", "nobody counts", f'"{placed.conversation}"'):
        assert private not in text


def test_the_log_is_json_where_asked_and_never_tells_a_body(world):
    daemon = world(lambda c: c.update(log={"format": "json", "level": "debug"}))
    stored(daemon.http().post_event(words("sms", TEL, "very private words")))
    daemon.http().call("POST", "/v1/events", b'{"id": "very private words"', {"X-Request-Id": "req-4711", "Content-Type": "application/json"})
    secret = daemon.token("gateway")
    daemon.stop()
    log = daemon.read_log()
    lines = [json.loads(line) for line in log.split("\n") if line.startswith("{")]
    assert lines and all({"level", "event"} <= set(line) for line in lines)
    for private in ("very private words", "4915112345678", secret, daemon.admin.token):
        assert private not in log


# ---- signals ----


async def test_sigterm_drains(daemon):
    redis = redis_of(daemon)
    async with daemon.gateway("sms") as gateway, daemon.desk("ann") as ann, daemon.chat() as eva:
        await gateway.say("sms", TEL, "before the end", id="m1")
        daemon.terminate()
        for peer in (gateway, ann, eva):
            assert (await peer.box.wait_closed())[0] == 1001
        daemon.stop()
        await eventually(lambda: not alive(redis), "its redis is gone")
    daemon.start()
    async with daemon.desk("ann") as ann:
        assert texts((await ann.take()).timeline) == ["before the end"]


async def test_sighup_applies_the_file(daemon):
    assert [s.level for s in daemon.agent("ann").agent.skills] == [4]
    daemon.config["agent"][0]["skills"] = {"billing": 5}
    daemon.config["account"].append({"name": "sms-2", "channel": "sms"})
    daemon.write_config()
    daemon.process.send_signal(signal.SIGHUP)
    await eventually(lambda: [s.level for s in daemon.agent("ann").agent.skills] == [5], "the new level")
    await eventually(lambda: daemon.http().post_event(words("sms-2", TEL, "new")).status == pb.EVENT_STATUS_STORED, "the new account")
    # A file with a mistake changes nothing, and says so.
    with open(daemon.file, "a", encoding="utf-8") as f:
        f.write("\n[nonsense]\n")
    daemon.process.send_signal(signal.SIGHUP)
    await eventually(lambda: "nonsense" in daemon.read_log(), "told")
    assert [s.level for s in daemon.agent("ann").agent.skills] == [5]
    assert Http(daemon.address).get("/readyz").status == 200


async def test_sighup_changes_the_servers_limits(daemon):
    daemon.config["server"] |= {"max_body": 2048, "max_connections": 10}
    daemon.write_config()
    daemon.process.send_signal(signal.SIGHUP)

    def too_large():
        answer = Http(daemon.address, daemon.admin.token).call("PUT", "/v1/agents/ann", b" " * 4096, {"Content-Type": "application/json"})
        return answer.status == 413
    await eventually(too_large, "a smaller body")
    with contextlib.ExitStack() as held:
        for _ in range(10):
            held.enter_context(Raw(daemon.address))
        with Raw(daemon.address) as one_more:
            assert status_of(one_more.rest()) == 503


async def test_a_killed_redis_comes_back_with_everything(world):
    daemon = world(lambda c: c["redis"].update(durability="strict"))  # else what it has not written yet, the disk being slow, goes with it
    placed = stored(daemon.http().post_event(words("sms", TEL, "kept")))
    async with daemon.desk("ann") as ann:
        await ann.take()
        os.kill(redis_of(daemon), signal.SIGKILL)
        await eventually(lambda: daemon.http().send("POST", "/v1/events", words("sms", TEL, "after", id="a1")).status == 200, "takes events again")
        assert (await ann.entry("after", placed.conversation)).number > placed.entry
    assert texts(daemon.timeline(placed.conversation)) == ["kept", "after"]


def failing(address, client):
    """What one more wrong token from this client is answered."""
    return Http(address, "tl_wrong").call("GET", "/v1/status", None, {"X-Forwarded-For": client}).status


async def test_behind_a_proxy_each_client_counts_for_itself(world):
    """Ten wrong tokens a minute are too many; they are the client's as far as a trusted proxy says who that is."""
    daemon = world(lambda c: c["server"].update(trusted_proxies=["127.0.0.0/8"]))
    assert [failing(daemon.address, "192.0.2.7") for _ in range(11)] == [401] * 10 + [429]
    assert failing(daemon.address, "192.0.2.8") == 401
    assert failing(daemon.address, "192.0.2.8, 192.0.2.7") == 429  # what the client itself wrote is not believed
    assert "peer=192.0.2.7" in daemon.read_log()
    # On a stream too, where the token comes in the hello.
    desk = Desk(daemon.address, hello_token="tl_wrong", headers={"X-Forwarded-For": "192.0.2.7"})
    with contextlib.suppress(AssertionError):
        await desk.open()
    assert (await desk.box.wait_closed()) == (1008, "too_many_requests")
    # Trusted no more, it is the proxy that fails.
    daemon.config["server"].pop("trusted_proxies")
    daemon.write_config()
    daemon.process.send_signal(signal.SIGHUP)
    await eventually(lambda: failing(daemon.address, "192.0.2.99") == 429 or None, "counted for the proxy")


# ---- administration while running ----


async def test_tokens_are_made_used_and_revoked(daemon):
    made = daemon.admin.send("POST", "/v1/tokens", pb.Token(role="gateway", note="for a trial"))
    assert made.status == 201
    token = made.message(pb.Token())
    assert token.secret.startswith("tl_") and token.id
    stored(Http(daemon.address, token.secret).post_event(words("sms", TEL, "with it")))
    listed = daemon.admin.get("/v1/tokens")
    assert token.id in listed.body.decode() and token.secret not in listed.body.decode()
    daemon.restart()
    stored(Http(daemon.address, token.secret).post_event(words("sms", TEL, "still")))
    async with daemon.gateway("sms", headers={}) as gateway:
        assert gateway.welcome.credit
    assert daemon.admin.call("DELETE", f"/v1/tokens/{token.id}").status == 204
    await eventually(lambda: Http(daemon.address, token.secret).call("POST", "/v1/events", b"{}").status == 401, "revoked")
    for bad in (pb.Token(role="king"), pb.Token(role="agent"), pb.Token(role="agent", agent="no such")):
        assert daemon.admin.send("POST", "/v1/tokens", bad).status in (400, 404, 422), bad
    trail = daemon.admin.get("/v1/audit").message(pb.AuditList())
    actions = [(a.action, a.target) for a in trail.entries]
    assert ("token.post", token.id) in actions and ("token.delete", token.id) in actions
    assert token.secret not in daemon.admin.get("/v1/audit").body.decode()


async def test_agents_and_queues_change_while_running(daemon):
    dora = pb.Agent(id="dora", name="Dora", capacity=2, skills=[pb.Skill(name="law", level=3)])
    assert daemon.admin.send("PUT", "/v1/agents/dora", dora).status in (200, 201, 202)
    await eventually(lambda: daemon.admin.get("/v1/agents/dora").status == 200, "there")
    law = pb.Queue(name="law", intents=["law"], requires=[pb.Skill(name="law", level=3)])
    assert daemon.admin.send("PUT", "/v1/queues/law", law).status in (200, 201, 202)
    await eventually(lambda: daemon.admin.get("/v1/queues/law").status == 200, "there")
    async with daemon.desk("dora") as desk:
        stored(daemon.http().post_event(words("sms", TEL, "sue them", intent="law.contract")))
        context = await desk.take()
        assert context.work.queue == "law"
        # Removed while holding work: it goes back, with its reason.
        assert daemon.admin.call("DELETE", "/v1/agents/dora").status in (200, 202, 204)
        ended = await desk.wait("unassigned")
        assert ended.reason == pb.REASON_REMOVED
    for path, bad in (("/v1/agents/x", pb.Agent(id="y")), ("/v1/agents/X y", pb.Agent(id="X y")), ("/v1/agents/x", pb.Agent(id="x", capacity=5000)),
                      ("/v1/agents/x", pb.Agent(id="x", skills=[pb.Skill(name="a", level=6)])), ("/v1/queues/x", pb.Queue(name="x", select="magic"))):
        assert daemon.admin.send("PUT", path.replace(" ", "%20"), bad).status in (400, 404, 422), bad
    actions = [(a.action, a.target) for a in daemon.admin.get("/v1/audit").message(pb.AuditList()).entries]
    assert {("agent.put", "dora"), ("queue.put", "law"), ("agent.delete", "dora")} <= set(actions)


async def test_lists_come_in_pages(daemon):
    http = daemon.http()
    ids = [stored(http.post_event(words("sms", f"tel:+4930{n:08}", "hello"))).conversation for n in range(25)]
    seen, cursor = [], ""
    while True:
        page = daemon.admin.read(f"/v1/conversations?limit=10&cursor={cursor}", pb.ConversationList())
        assert len(page.conversations) <= 10
        seen += [c.id for c in page.conversations]
        cursor = page.next
        if not cursor:
            break
    assert seen == sorted(ids, reverse=True)
    for bad in ("limit=0", "limit=501", "limit=x", "cursor=%00"):
        assert daemon.admin.get(f"/v1/conversations?{bad}").status == 400, bad


# ---- the operator's program ----


async def test_the_cli_shows_and_changes(daemon):
    status = json.loads(daemon.cli("--json", "status").stdout)
    assert status["ready"] and status["tenant"] == "main"
    assert {a["agent"]["id"] for a in json.loads(daemon.cli("--json", "agents").stdout)} == {"ann", "bert", "cleo"}
    assert "general" in daemon.cli("queues").stdout
    async with daemon.desk("cleo"):
        placed = stored(daemon.http().post_event(words("sms", TEL, "my bill", intent="billing")))
        work = await eventually(lambda: daemon.conversation(placed.conversation).work, "work")
        why = daemon.cli("why", str(work)).stdout
    assert re.search(r"cleo .*billing.*3.*2", why) and re.search(r"ann .*offline", why)
    assert "my bill" in daemon.cli("conversations", str(placed.conversation)).stdout
    secret = daemon.cli("tokens", "create", "supervisor", "--note", "the wallboard").stdout.strip()
    assert Http(daemon.address, secret).get("/v1/agents").status == 200
    assert secret not in daemon.cli("tokens").stdout
    assert daemon.cli("dead-letters").returncode == 0
    assert daemon.cli("nonsense", check=False).returncode == 64
    assert daemon.cli("--token", "tl_wrong", "status", check=False).returncode == 77


async def test_a_terminal_desk_comes_back(daemon, tmp_path):
    """The daemon dies under it and comes back at another port: the same session goes on, and nothing typed is lost."""
    heard = tmp_path / "desk"
    with open(heard, "wb") as out:
        desk = subprocess.Popen([f"{BIN}/throughline", "--data-dir", daemon.data, "desk", "--as", "ann", "--auto"], stdin=subprocess.PIPE,
                                stdout=out, stderr=out)

    def hears(text, times=1):
        return eventually(lambda: heard.read_text().count(text) >= times, text)
    try:
        await hears("you are available")
        placed = stored(daemon.http().post_event(words("sms", TEL, "my bill")))
        await hears("you have work")
        daemon.kill()
        await hears("connecting again")
        daemon.start()
        await hears("connected again")
        desk.stdin.write(b"which month?\n")
        desk.stdin.flush()
        await eventually(lambda: texts(daemon.timeline(placed.conversation)) == ["my bill", "which month?"], "said")
        stored(daemon.http().post_event(words("sms", TEL, "March")))
        await hears("March")
        desk.stdin.write(b"/quit\n")
        desk.stdin.close()
        assert desk.wait(PATIENCE) == 0
    finally:
        desk.kill()
        desk.wait()
    await eventually(lambda: daemon.agent("ann").presence == pb.PRESENCE_STATE_OFFLINE, "logged out")
    # One that is not wanted does not come again and again.
    with subprocess.Popen([f"{BIN}/throughline", "--data-dir", daemon.data, "desk", "--as", "nobody"], stdin=subprocess.PIPE,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as nobody:
        assert nobody.wait(PATIENCE) == 1


def test_the_cli_says_what_is_wrong(daemon, tmp_path):
    def says(*words_, code):
        done = daemon.cli(*words_, check=False)
        assert done.returncode == code, done
        return done.stderr
    assert "no agent has this id" in says("agents", "nobody", code=1)
    assert "no queue has this name" in says("queues", "nothing", code=1)
    assert "none with this id" in says("conversations", "99", code=1)
    assert "no decision" in says("why", "99", code=1)
    for command in (("why", "x"), ("why-not", "-1", "ann"), ("work", "1a"), ("conversations", "foo"), ("supervise", "pull", "x")):
        assert "needs a number" in says(*command, code=64), command
    assert "put takes a FILE" in says("agents", "put", code=64) and "remove a NAME" in says("queues", "remove", code=64)
    assert "does not know this token" in says("--token", "tl_wrong", "status", code=77)
    assert "admin-other.token" in says("--tenant", "other", "agents", code=77)
    assert "needs a number" in says("log", "--after", "x", code=64)
    assert "takes no value" in says("--json=1", "status", code=64)
    assert "No such file" in says("agents", "put", f"{tmp_path}/none", code=65)
    nobody = daemon.cli("--data-dir", str(tmp_path), "status", check=False)
    assert nobody.returncode == 69 and f"{tmp_path}/listen" in nobody.stderr
    listed = daemon.cli("--help").stdout
    for command in re.findall(r"^  ([a-z-]+) ", listed, re.M):
        for way in ((command, "--help"), ("help", command)):
            assert daemon.cli(*way).stdout.startswith(f"usage: throughline {command}")


async def test_config_is_compared_and_applied(daemon):
    assert "ann" not in daemon.cli("config", "diff").stdout
    daemon.config["agent"][0]["capacity"] = 9
    daemon.write_config()
    daemon.restart()
    # A restart with another file does not change routing behind anybody's back: it says that it differs, and obeys the log.
    assert daemon.agent("ann").agent.capacity == 6
    assert json.loads(daemon.cli("--json", "status").stdout).get("configDiffers")
    differs = daemon.cli("config", "diff", check=False)
    assert differs.returncode == 1 and re.search(r"ann.*capacity.*6.*9", differs.stdout)
    daemon.cli("config", "apply")
    await eventually(lambda: daemon.agent("ann").agent.capacity == 9, "applied")
    assert "ann" not in daemon.cli("config", "diff").stdout
    assert any(a.action.startswith("config") for a in daemon.admin.get("/v1/audit").message(pb.AuditList()).entries)
