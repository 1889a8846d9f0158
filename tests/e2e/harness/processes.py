# SPDX-License-Identifier: Apache-2.0
"""The daemon's children, as the kernel knows them."""


def redis_of(daemon):
    """The process id of its embedded redis-server."""
    with open(f"/proc/{daemon.process.pid}/task/{daemon.process.pid}/children", encoding="ascii") as f:
        for pid in map(int, f.read().split()):
            with open(f"/proc/{pid}/comm", encoding="ascii") as comm:
                if comm.read().startswith("redis"):
                    return pid
    raise AssertionError("no redis-server under the daemon")


def alive(pid):
    """Not gone, and not dead and waiting for its parent."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as f:
            return f.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def redis_socket(daemon):
    """Where its embedded redis-server listens: the path that its configuration names."""
    with open(f"/proc/{redis_of(daemon)}/net/unix", encoding="ascii") as f:
        sockets = {line.split()[-1] for line in f if line.rstrip().endswith("redis.sock")}
    own = [s for s in sockets if s.startswith(daemon.data)]
    assert len(own) == 1, sockets
    return own[0]
