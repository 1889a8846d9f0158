# SPDX-License-Identifier: Apache-2.0
"""What is legal, but cannot be meant: told before a start, at the start, at a reload."""
import re
import signal

from harness.daemon import check_config

RULE = "queue-unreachable"


def unreachable(config):
    config["queue"] = [{"name": "texts", "channels": ["sms"]}, {"name": "late", "channels": ["sms"], "languages": ["de"]}, {"name": "rest"}]


def test_warnings_are_told_and_do_not_keep_from_starting(world):
    daemon = world(unreachable, hurried=True)
    log = daemon.read_log()
    assert log.count("event=config_warning ") == 1 and f"[{RULE}]" in log and "event=config_warnings " in log
    daemon.config["queue"].insert(2, {"name": "later", "channels": ["sms"], "languages": ["fr"]})
    daemon.write_config()
    daemon.process.send_signal(signal.SIGHUP)
    daemon.until(lambda: "event=reloaded " in daemon.read_log(), "reads its file again")
    assert daemon.read_log().count("event=config_warning ") == 3


def test_strict_takes_warnings_for_mistakes(world):
    daemon = world(unreachable, start=False, hurried=True)
    loose, strict = check_config(daemon.file), check_config(daemon.file, "--strict")
    assert (loose.returncode, strict.returncode) == (0, 78)
    assert re.search(r"valid, \d warnings?$", loose.stdout, re.M)
    assert f"[{RULE}]" in loose.stderr and loose.stderr == strict.stderr and "--strict" in strict.stdout
    daemon.config["queue"] = []
    daemon.write_config()
    done = check_config(daemon.file, "--strict")
    assert done.returncode == 0 and done.stdout == f"{daemon.file}: valid, no findings\n"
