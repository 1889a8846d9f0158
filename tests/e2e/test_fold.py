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
