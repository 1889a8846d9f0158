# SPDX-License-Identifier: Apache-2.0
"""The usual world: five accounts, one of each channel; Ann, who knows billing and takes every channel; Bert and Cleo beside her."""

CHAT_SECRET = "chat-secret-for-tests-0123456789"
UNITS = {"chat": 2, "sms": 1, "email": 1, "voice": 4, "social": 1}


def usual():
    return {
        "listen": "127.0.0.1:0",
        "redis": {"mode": "embedded", "durability": "normal"},
        "account": [
            {"name": "web", "channel": "chat", "origins": ["https://shop.example"], "identity_secret": CHAT_SECRET},
            {"name": "sms", "channel": "sms"},
            {"name": "mail", "channel": "email"},
            {"name": "phone", "channel": "voice"},
            {"name": "wa", "channel": "social"},
        ],
        "channel": [{"name": k, "units": v} for k, v in UNITS.items()],
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
