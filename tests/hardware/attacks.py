"""What somebody would try who has taken a process over, each for real: by system calls, past Python's own hurdles.

Run by itself with the targets as JSON it prints what each attack brought: 0 for success, else the error's number. The
attacks are in such an order that an earlier one does not take the target from a later one.
"""

import ctypes
import encodings.idna  # noqa: F401  # looked up by name when a host is named
import errno
import json
import mmap
import os
import signal
import socket
import struct
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass

AT_FDCWD = -100


@dataclass(frozen=True)
class Targets:
    """What there is to win: files by path, a server by its port, one by its socket, a process by its id."""

    secret: str
    journal: str
    device: str
    port: int
    unix_socket: str
    victim: int
    picture: int = -1

    def to_json(self) -> str:
        return json.dumps(asdict(self))


class Attacker:
    """Finds out all numbers beforehand, as it would bring them along."""

    def __init__(self, targets: Targets) -> None:
        self._targets = targets
        self._system = ctypes.CDLL(None, use_errno=True)
        self._system.syscall.restype = ctypes.c_long
        self._numbers = ctypes.CDLL("libseccomp.so.2")
        self._attacks = self._all()

    def run(self) -> dict[str, int]:
        """What each attack brought: 0, or the error."""
        return {name: self._tried(attack) for name, attack in self._attacks.items()}

    def _tried(self, attack: Callable[[], object]) -> int:
        try:
            attack()
        except MemoryError:
            return errno.ENOMEM
        except (OSError, RuntimeError) as error:
            return getattr(error, "errno", None) or errno.EAGAIN
        return 0

    def _call(self, name: str, *arguments: object) -> Callable[[], int]:
        number = self._numbers.seccomp_syscall_resolve_name(name.encode())
        assert number >= 0, name

        def call() -> int:
            converted = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
            result: int = self._system.syscall(ctypes.c_long(number), *converted)
            if result < 0:
                raise OSError(ctypes.get_errno(), name)
            return result

        return call

    def _open(self, path: str, flags: int = os.O_RDWR) -> Callable[[], int]:
        return self._call("openat", AT_FDCWD, ctypes.c_char_p(path.encode()), flags, 0o600)

    def _all(self) -> dict[str, Callable[[], object]]:
        goal = self._targets
        journal, spoil = goal.journal.encode(), f"{goal.journal}.spoil".encode()
        how = struct.pack("QQQ", os.O_RDONLY, 0, 0)
        tcp = struct.pack("=HH4s8x", socket.AF_INET, socket.htons(goal.port), socket.inet_aton("127.0.0.1"))
        arguments = (ctypes.c_char_p * 2)(b"/bin/true", None)
        two, c_journal = (ctypes.c_int * 2)(), ctypes.c_char_p(journal)
        anonymous = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
        return {
            "open a secret": self._open(goal.secret, os.O_RDONLY),
            "open the journal": self._open(goal.journal),
            "open a device": self._open(goal.device),
            "open by openat2": self._call("openat2", AT_FDCWD, ctypes.c_char_p(goal.secret.encode()), how, len(how)),
            "create a file": self._open(f"{goal.journal}.new", os.O_RDWR | os.O_CREAT),
            "look at memory of its own process": self._open("/proc/self/mem"),
            "make a memory file": self._call("memfd_create", ctypes.c_char_p(b"x"), 0),
            "copy a descriptor": self._call("dup", 0),
            "make a pipe": lambda: os.pipe(),  # noqa: PLW0108  # looked up when it is tried
            "make a network socket": self._call("socket", socket.AF_INET, socket.SOCK_STREAM, 0),
            "make a datagram socket": self._call("socket", socket.AF_INET, socket.SOCK_DGRAM, 0),
            "make a netlink socket": self._call("socket", 16, socket.SOCK_RAW, 0),
            "make a local socket": self._call("socket", socket.AF_UNIX, socket.SOCK_STREAM, 0),
            "reach a server": lambda: socket.create_connection(("127.0.0.1", goal.port), 1.0).close(),
            "reach a local server": self._reach_local,
            "connect what it finds": lambda: self._connect_any(tcp),
            "make a pair of sockets": self._call("socketpair", socket.AF_UNIX, socket.SOCK_STREAM, 0, two),
            "run a program": self._run_program(arguments),
            "fork": self._fork,
            "fork by its number": self._clone,
            "signal the program": self._call("kill", goal.victim, 0),
            "signal a thread of the program": self._call("tgkill", goal.victim, goal.victim, 0),
            "trace the program": self._call("ptrace", 0x4206, goal.victim, 0, 0),  # PTRACE_SEIZE
            "read the program's memory": self._call("process_vm_readv", goal.victim, None, 0, None, 0, 0),
            "hold the program": self._call("pidfd_open", goal.victim, 0),
            "change the program's limits": self._call("prlimit64", goal.victim, 7, None, (ctypes.c_uint64 * 2)()),
            "change the program's priority": self._call("setpriority", 0, goal.victim, 19),
            "change its own limits": self._call("prlimit64", 0, 7, (ctypes.c_uint64 * 2)(9, 9), None),
            "have signals sent for it": self._call("fcntl", 0, 8, goal.victim),  # F_SETOWN
            "watch files": self._call("inotify_init1", 0),
            "make rings": self._call("io_uring_setup", 4, ctypes.create_string_buffer(120)),
            "load a kernel program": self._call("bpf", 0, ctypes.create_string_buffer(72), 72),
            "open counters": self._call("perf_event_open", struct.pack("II", 1, 112).ljust(112, b"\0"), 0, -1, -1, 0),
            "hold up page faults": self._call("userfaultfd", 1),
            "read keys": self._call("keyctl", 0, -3, 1),
            "a namespace of its own": self._call("unshare", 0x10000000 if os.getuid() else 0x20000),
            "share memory": self._call("shmget", 0, 4096, 0o1600),
            "send messages": self._call("msgget", 0, 0o1600),
            "memory to be run": self._call("mmap", 0, 4096, 7, anonymous, -1, 0),
            "make memory run": self._make_memory_run,
            "change a file's mode": self._call("fchmodat", AT_FDCWD, ctypes.c_char_p(journal), 0o644),
            "change a file's owner": self._call(
                "fchownat", AT_FDCWD, ctypes.c_char_p(journal), os.getuid(), os.getgid(), 0
            ),
            "make a folder": self._call("mkdirat", AT_FDCWD, ctypes.c_char_p(spoil + b"d"), 0o700),
            "link a file": self._call("linkat", AT_FDCWD, c_journal, AT_FDCWD, ctypes.c_char_p(spoil), 0),
            "link by name": self._call("symlinkat", ctypes.c_char_p(journal), AT_FDCWD, ctypes.c_char_p(spoil + b"s")),
            "cut the journal": self._call("truncate", ctypes.c_char_p(journal), 1),
            "rename the journal": self._call(
                "renameat2", AT_FDCWD, ctypes.c_char_p(journal), AT_FDCWD, ctypes.c_char_p(journal + b"r"), 0
            ),
            "remove a secret": self._call("unlinkat", AT_FDCWD, ctypes.c_char_p(goal.secret.encode()), 0),
            "cut the picture short": self._call("ftruncate", goal.picture, 1),
            "take a gigabyte": lambda: len(bytearray(1 << 30)),
        }  # fmt: skip

    def _connect_any(self, address: bytes) -> None:
        for number in range(3, 110):
            try:
                self._call("connect", number, address, len(address))()
            except OSError as error:
                if error.errno not in (errno.EBADF, errno.ENOTSOCK):
                    raise

    def _reach_local(self) -> None:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(self._targets.unix_socket)

    def _run_program(self, arguments: object) -> Callable[[], object]:
        replace = self._call("execve", ctypes.c_char_p(b"/bin/true"), arguments, None)

        def run() -> None:
            # Where nothing forbids it this process is gone; so it is tried in a child, if there can be one.
            try:
                child = os.fork()
            except OSError:
                replace()
                return
            if child == 0:
                try:
                    replace()
                finally:
                    os._exit(1)
            if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0:
                raise OSError(errno.EPERM, "execve")

        return run

    def _fork(self) -> None:
        child = os.fork()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)

    def _clone(self) -> None:
        child = self._call("clone", signal.SIGCHLD, 0, 0, 0, 0)()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)

    def _make_memory_run(self) -> None:
        self._system.mmap.restype = ctypes.c_void_p
        at = self._system.mmap(
            None, ctypes.c_size_t(4096), 3, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, ctypes.c_long(0)
        )
        if self._system.mprotect(ctypes.c_void_p(at), ctypes.c_size_t(4096), 5) != 0:
            raise OSError(ctypes.get_errno(), "mprotect")


if __name__ == "__main__":
    sys.stdout.write(json.dumps(Attacker(Targets(**json.loads(sys.argv[1]))).run()))
