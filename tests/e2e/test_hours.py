# SPDX-License-Identifier: Apache-2.0
"""Business hours: work enters queues by their calendars, and the configuration in force has them."""
import json
from datetime import datetime, timedelta, timezone

from harness import pb
from harness.mailbox import eventually
from harness.stories import TEL, stored, words, work_of

ALWAYS = ["mon-sun 00:00-24:00"]


def days():
    """The days of the time zone at which the test runs, and those beside it: it may run over midnight."""
    today = datetime.now(timezone.utc).date()
    return [str(today + timedelta(days=n)) for n in (-1, 0, 1)]


def office(hours, holidays):
    def change(config):
        config["calendar"] = [{"name": "office", "time_zone": "Europe/Berlin", "hours": hours, "holidays": holidays}]
        config["queue"] = [{"name": "day", "calendar": "office", "when": "open"},
                           {"name": "night", "calendar": "office", "when": "closed"}, {"name": "rest"}]
    return change


def queue(daemon, name):
    return daemon.admin.read(f"/v1/queues/{name}", pb.QueueStatus())


async def entered(daemon, handle):
    placed = stored(daemon.http().post_event(words("sms", handle, "hello")))
    work = await work_of(daemon, placed.conversation)
    return daemon.admin.read(f"/v1/work/{work}", pb.Work()).queue


async def test_a_holiday_closes_the_office(world):
    daemon = world(office(ALWAYS, days()))
    await eventually(lambda: queue(daemon, "day").closed, "the calendar is compiled")
    assert not queue(daemon, "rest").closed
    assert await entered(daemon, TEL) == "night"
    # Another file, applied: the day's own hours open it.
    daemon.config["calendar"][0]["holidays"] = [f"{day} 00:00-24:00" for day in days()]
    daemon.write_config()
    daemon.restart()
    assert queue(daemon, "day").closed
    differs = daemon.cli("config", "diff", check=False)
    assert differs.returncode == 1 and "calendar office" in differs.stdout
    daemon.cli("config", "apply")
    await eventually(lambda: not queue(daemon, "day").closed, "the new words are compiled")
    assert await entered(daemon, "tel:+4915155500077") == "day"
    in_force = daemon.admin.read("/v1/config", pb.RoutingConfig())
    assert [(c.name, c.time_zone, list(c.hours)) for c in in_force.calendars] == [("office", "Europe/Berlin", ALWAYS)]
    assert daemon.cli("config", "diff").stdout == ""


def test_calendars_from_a_request_keep_to_the_bounds_of_the_file(world):
    daemon = world(office(ALWAYS, []))
    for member, value in (("timeZone", "../../etc/passwd"), ("hours", ["whenever"]), ("holidays", ["2026-02-30"])):
        config = daemon.admin.get("/v1/config").json()
        config["calendars"][0][member] = value
        answer = daemon.admin.call("POST", "/v1/config/apply", json.dumps(config), {"content-type": "application/json"})
        assert (answer.status, answer.code) == (400, "invalid_body")
        assert answer.json()["field"].startswith("calendars[0].")
