# SPDX-License-Identifier: Apache-2.0
"""The usual world: five accounts, one of each channel; Ann, who knows billing best, and Bert and Cleo beside her."""

CHAT_SECRET = "chat-secret-for-tests-0123456789"
UNITS = {"chat": 2, "sms": 1, "email": 1, "voice": 4, "social": 1}


def usual():
    return {
        "server": {"listen": "127.0.0.1:0"},
        "redis": {"durability": "normal"},
        "routing": {"grace_seconds": 2},
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
