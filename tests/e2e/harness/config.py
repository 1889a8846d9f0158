# SPDX-License-Identifier: Apache-2.0
"""The usual world: five accounts, one of each channel; Ann, who knows billing best, and Bert and Cleo beside her. Nobody is in a hurry there: what
runs out by itself does so after an hour, far behind any test. A test that needs something to run out says so."""

HOUR = 3600
CHAT_SECRET = "chat-secret-for-tests-0123456789"
UNITS = {"chat": 2, "sms": 1, "email": 1, "voice": 4, "social": 1}


def plain():
    """With the product's own time limits."""
    return {
        "server": {"listen": "127.0.0.1:0"},
        "redis": {"durability": "normal"},
        "routing": {},
        "channel": {name: {"units": units} for name, units in UNITS.items()},
        "account": [
            {"name": "web", "kind": "chat", "origins": ["https://shop.example"], "identity_secret": CHAT_SECRET},
            {"name": "sms", "channel": "sms"},
            {"name": "mail", "channel": "email"},
            {"name": "phone", "channel": "voice"},
            {"name": "wa", "channel": "social"},
        ],
        "agent": [
            {"id": "ann", "name": "Ann", "skills": {"billing": 4}, "capacity": 6},
            {"id": "bert", "name": "Bert", "skills": {"billing": 3}, "capacity": 6},
            {"id": "cleo", "name": "Cleo", "skills": {"billing": 2, "tech": 5}, "capacity": 6},
        ],
        "queue": [
            {"name": "billing", "intents": ["billing"], "requires": {"billing": 3}},
            {"name": "general"},
        ],
    }


def unhurried(config):
    """Its queues, however a test made them, offer and wrap up for as long as it takes."""
    for queue in config["queue"]:
        queue.setdefault("offer_seconds", HOUR)
        queue.setdefault("wrap_up_seconds", HOUR)
    return config


def usual():
    config = plain()
    config["server"] |= {"header_seconds": 600, "body_seconds": HOUR, "idle_seconds": HOUR, "ping_seconds": 600}
    config["redis"]["deadline_ms"] = 60000
    for name in ("chat", "sms", "voice"):
        config["channel"][name]["lost_grace_seconds"] = HOUR
    return unhurried(config | {
        "chat": {"resume_seconds": HOUR},
        "outbound": {"connect_seconds": 120, "answer_seconds": 600},
        "routing": {"grace_seconds": HOUR, "decline_pause_seconds": HOUR},
    })


def misses_redis(config):
    """For a test in which Redis stands still: it is missed soon, as by default."""
    config["redis"]["deadline_ms"] = 1000


def loses_desks(config):
    """For a test in which somebody's last desk is lost for good."""
    config["routing"]["grace_seconds"] = 1
