# SPDX-License-Identifier: Apache-2.0
"""`throughline fold` meets what the daemon meets, also where an input cannot be read."""
import json
import struct
import subprocess

from harness import pb
from harness.daemon import BIN


def test_what_cannot_be_read_takes_its_number_and_no_time(tmp_path):
    tick = pb.Input(wall_ms=1000, at_ms=10, tick=pb.Tick())
    inputs = [tick.SerializeToString(), b"\xff\xff\xff", tick.SerializeToString()]
    log = tmp_path / "log.bin"
    log.write_bytes(b"".join(struct.pack("<QI", n, len(b)) + b for n, b in enumerate(inputs, 1)))
    done = subprocess.run([f"{BIN}/throughline", "--json", "fold", "--check", log], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["inputs"] == 3


def test_a_log_of_another_build_is_said_once(tmp_path):
    """Two checkpoints whose logged hashes are another program's: one line, with the count."""
    at = {"wall_ms": 1000, "at_ms": 10}
    inputs = [m for n in (1, 3) for m in (pb.Input(**at, checkpoint=pb.Checkpoint()), pb.Input(**at, state_hash=pb.StateHash(input=n, hash=1)))]
    log = tmp_path / "log.bin"
    log.write_bytes(b"".join(struct.pack("<QI", n, len(b)) + b for n, b in enumerate((i.SerializeToString() for i in inputs), 1)))
    done = subprocess.run([f"{BIN}/throughline", "--json", "fold", log], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and json.loads(done.stdout)["hashesDiffering"] == 2
    assert done.stderr == "throughline: the live daemon had another state at 2 of 2 checkpoints, first at input 1: is the log of another version?\n"
