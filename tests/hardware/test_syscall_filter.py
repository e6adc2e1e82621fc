"""What is left to a process behind the walls, by the kind of source that it has open; tried in a real process."""

import errno
import json
import subprocess
import sys

import pytest

_TRIAL = """
import fcntl, json, mmap, os, select, socket, sys, threading
from hardware.confinement import Walls
from hardware.syscall_filter import Opened

memory, polled = os.memfd_create("buffer"), select.epoll()
os.ftruncate(memory, 8192)
waking = os.eventfd(1)
attempts = {
    "duplicate": lambda: os.close(os.dup(memory)),
    "map a duplicate": lambda: mmap.mmap(memory, 8192).close(),
    "poll": lambda: (polled.register(waking), polled.poll(0)),
    "ask a camera": lambda: fcntl.ioctl(memory, 0x80685600, bytes(104)),
    "ask a media device": lambda: fcntl.ioctl(memory, 0xC1007C00, bytes(256)),
    "synchronise a buffer": lambda: fcntl.ioctl(memory, 0x40086200, bytes(8)),
    "ask a terminal": lambda: fcntl.ioctl(memory, 0x5401, bytes(64)),
    "open": lambda: os.open("/etc/hostname", os.O_RDONLY),
    "connect": lambda: socket.socket(socket.AF_UNIX),
    "begin to signal": lambda: fcntl.fcntl(memory, fcntl.F_SETOWN, os.getpid()),
    "start a process": os.fork,
}
locked = Walls(Opened(**json.loads(sys.argv[1]))).lock()
assert not locked.missing, locked.missing
result = {}
for name, attempt in attempts.items():
    try:
        attempt()
        result[name] = 0
    except OSError as error:
        result[name] = error.errno
os.write(1, json.dumps(result).encode())
os._exit(0)
"""


def tried(**opened: bool) -> dict[str, int]:
    """Each attempt with its errno, 0 where it succeeds."""
    command = [sys.executable, "-P", "-c", _TRIAL, json.dumps(opened)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, done.stderr
    result: dict[str, int] = json.loads(done.stdout)
    return result


@pytest.mark.parametrize(
    "opened", [{"csi": True, "threads": True}, {"device": True}, {}], ids=["csi", "device", "film"]
)
def test_each_kind_of_source_has_what_it_needs_and_no_more(opened: dict[str, bool]) -> None:
    """Duplicates, epoll and the requests of libcamera for a CSI camera alone; what opens or starts, for none."""
    result = tried(**opened)
    is_csi = "csi" in opened
    for name in ("duplicate", "map a duplicate", "poll"):
        assert (result[name] == 0) == is_csi, (name, result)
    for name in ("ask a media device", "synchronise a buffer"):
        assert (result[name] == errno.ENOTTY) == is_csi, (name, result)  # let through: memory is no camera
    assert (result["ask a camera"] == errno.ENOTTY) == bool(opened), result
    for name in ("open", "connect", "start a process", "ask a terminal", "begin to signal"):
        assert result[name] in (errno.EPERM, errno.ENOSYS), (name, result)
