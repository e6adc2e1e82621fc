"""One scanner process as the program holds it: its pipes, what the kernel tells of it, and its end."""

import contextlib
import os
import subprocess
from collections.abc import Sequence

from hardware.scanner_watch import Sample
from hardware.scanner_wire import MAX_LINE_BYTES, ScannerSettings

# What the scanner process may see of the environment: no credentials, no sockets of systemd.
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "PYTHONPATH", "LD_LIBRARY_PATH", "PYTHONDONTWRITEBYTECODE", "TZ")
# Each heap of the C library beyond the first reserves address space, of which the process may have so much and no more.
_OWN = {"MALLOC_ARENA_MAX": "2"}
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_AT_ONCE_BYTES = 65536


class Nonsense(Exception):  # noqa: N818  # no error of this program: what the process said
    """The process does not speak as a scanner process does."""


class ScannerChild:
    """Starts the process; raises OSError when that is impossible. It waits for its settings."""

    def __init__(self, command: Sequence[str], picture: int) -> None:
        """picture: the descriptor of the picture's memory, handed down."""
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | _OWN
        self._process = subprocess.Popen(  # noqa: S603  # our own module, no shell
            [*command, str(picture)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # native libraries chatter there
            env=environment,
            pass_fds=(picture,),
        )
        self.pid = self._process.pid
        self._pending = b""
        self._statistics: int | None = None
        # Opened now, and kept: later the process can't be looked up any more (PR_SET_DUMPABLE, ProtectProc=).
        with contextlib.suppress(OSError):
            self._statistics = os.open(f"/proc/{self.pid}/task/{self.pid}/stat", os.O_RDONLY)

    def fileno(self) -> int:
        """What tells by becoming readable that the process has said something, or has ended."""
        assert self._process.stdout is not None
        return self._process.stdout.fileno()

    def give(self, settings: ScannerSettings) -> None:
        """Let it begin; raises BrokenPipeError when it has ended."""
        assert self._process.stdin is not None
        self._process.stdin.write(settings.to_json().encode("utf-8") + b"\n")
        self._process.stdin.flush()

    def lines(self) -> list[bytes] | None:
        """What it has said, waiting for it; None: nothing more will come. Raises Nonsense for a line without end."""
        data = os.read(self.fileno(), _AT_ONCE_BYTES)
        if not data:
            return None
        *lines, self._pending = (self._pending + data).split(b"\n")
        if len(self._pending) > MAX_LINE_BYTES:
            raise Nonsense("a line without end")
        return lines

    def sample(self) -> Sample | None:
        """What its decoding thread, the first one, does (proc_pid_stat(5)); None where the kernel does not tell."""
        if self._statistics is None:
            return None
        try:
            fields = os.pread(self._statistics, 1024, 0).rpartition(b")")[2].split()
            cpu_s = (int(fields[11]) + int(fields[12])) / _TICKS_PER_S
            return Sample(cpu_s, is_blocked=fields[0] in (b"S", b"T", b"t"), in_driver=fields[0] == b"D")
        except (OSError, ValueError, IndexError):  # it has ended
            return None

    def status(self, wait_s: float = 0.0) -> int | None:
        """Its exit status (a signal's number, negative), or None while it runs."""
        try:
            return self._process.wait(wait_s)
        except subprocess.TimeoutExpired:
            return None

    def end(self, wait_s: float = 0.3) -> bool:
        """Kill it, and give its pipes back; whether it is gone within `wait_s` seconds.

        It has nothing to put in order. One that a driver holds, or that gets no processor time, may take longer.
        """
        with contextlib.suppress(BrokenPipeError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        self._process.kill()
        gone = self.status(wait_s) is not None
        if self._process.stdout is not None:
            self._process.stdout.close()
        if self._statistics is not None:
            os.close(self._statistics)
            self._statistics = None
        return gone
