"""What a process may still ask of the kernel: an allow-list of system calls, put up with libseccomp.

libseccomp knows the numbers of each machine and makes the filter (seccomp(2), https://github.com/seccomp/libseccomp).
Debian has `libseccomp.so.2` everywhere: apt and systemd need it. It is called through ctypes.
"""

import ctypes
import errno
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_ALLOW = 0x7FFF0000
_KILL_PROCESS = 0x80000000
_TELL = 0x00050000  # the call fails with the error in the lower half
_FOREIGN_MACHINE, _ALL_THREADS = 2, 4  # SCMP_FLTATR_ACT_BADARCH, SCMP_FLTATR_CTL_TSYNC
_IS_EQUAL, _IS_EQUAL_MASKED = 4, 7  # SCMP_CMP_EQ, SCMP_CMP_MASKED_EQ

_PROT_EXEC = 4
# CLONE_VM, FS, FILES, SIGHAND, THREAD, SYSVSEM, SETTLS, PARENT_SETTID, CHILD_CLEARTID: pthread_create of glibc
_THREAD_FLAGS = 0x3D0F00
_VIDEO_IOCTL = ord("V") << 8  # linux/videodev2.h: every request of a camera has this type
_MEDIA_IOCTL, _DMA_BUF_IOCTL = ord("|") << 8, ord("b") << 8  # linux/media.h, linux/dma-buf.h

_DUPLICATE = (0, 1030, 1, 3)  # F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_GETFL: Python duplicates what it maps

# What reading, decoding and telling need, as measured with strace on every kind of source, and what the C library and
# Python's threads need for themselves. Nothing here opens, creates, connects, starts or changes anything: what is open
# stays usable, and that is all.
_ALLOWED = (
    "read", "readv", "pread64", "preadv", "write", "writev", "lseek", "_llseek", "close", "fstat", "fstat64",
    "brk", "munmap", "mremap", "madvise", "futex", "futex_time64", "sched_yield", "membarrier", "get_mempolicy",
    "select", "_newselect", "pselect6", "pselect6_time64", "poll", "ppoll", "ppoll_time64",
    "nanosleep", "clock_nanosleep", "clock_nanosleep_time64", "clock_gettime", "clock_gettime64", "clock_getres",
    "gettimeofday", "time", "getrandom", "getpid", "gettid", "getuid", "geteuid", "getgid", "getegid", "uname",
    "sysinfo", "getrusage", "sched_getaffinity", "getcpu",
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigreturn", "sigaltstack", "restart_syscall",
    "set_robust_list", "rseq", "exit", "exit_group",
)  # fmt: skip
# Everything else fails with ENOSYS: so does a call that an older kernel does not know, and the C library then takes
# another way. These few would be taken for a broken machine by whoever looks for a fault: they are not permitted.
_REFUSED = (
    "open", "openat", "openat2", "creat", "socket", "socketpair", "connect", "bind", "listen", "accept", "accept4",
    "execve", "execveat", "fork", "vfork", "kill", "tkill", "ptrace", "unlink", "unlinkat", "rename",
    "renameat", "renameat2", "mkdir", "mkdirat", "chmod", "fchmod", "fchmodat", "truncate", "ftruncate", "mount",
)  # fmt: skip


class FilterError(Exception):
    """The filter can't be put up; the text names what is missing."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What the open source asks for.

    device: a camera's requests; csi: those of libcamera, too, which waits by epoll and duplicates descriptors that are
    open to map its buffers; network: a socket, as it is connected; threads: new ones of this process, which FFmpeg
    starts with the first picture.
    """

    device: bool = False
    csi: bool = False
    network: bool = False
    threads: bool = False


class _Comparison(ctypes.Structure):
    """`struct scmp_arg_cmp`: an argument's number, how it is compared, and with what."""

    _fields_ = (
        ("argument", ctypes.c_uint),
        ("how", ctypes.c_int),
        ("first", ctypes.c_uint64),
        ("second", ctypes.c_uint64),
    )


@dataclass(frozen=True, slots=True)
class _Rule:
    action: int
    call: str
    conditions: tuple[_Comparison, ...] = ()


class SyscallFilter:
    """Made while files may still be opened, since libseccomp is one; put up later. Raises FilterError.

    Needs no privilege, but PR_SET_NO_NEW_PRIVS, which libseccomp sets on the way.
    """

    def __init__(self, opened: Opened) -> None:
        self._library = library = _library()
        self._context = library.seccomp_init(_TELL | errno.ENOSYS)
        if not self._context:
            raise FilterError("libseccomp has no memory for a filter")
        # Calls by the numbers of another machine (32 bits, x32) would not be seen by these rules.
        self._set(_FOREIGN_MACHINE, _KILL_PROCESS, "foreign calls")
        self._set(_ALL_THREADS, 1, "all threads at once")
        for rule in _rules(opened):
            number = library.seccomp_syscall_resolve_name(rule.call.encode("ascii"))
            if number < 0:
                continue  # this machine has no such call
            conditions = (_Comparison * len(rule.conditions))(*rule.conditions)
            _expect(
                library.seccomp_rule_add_array(self._context, rule.action, number, len(rule.conditions), conditions),
                f"the rule for {rule.call}",
            )

    def put_up(self) -> None:
        """Confine all threads of this process, for ever; raises FilterError, and then nothing has changed."""
        _expect(self._library.seccomp_load(self._context), "seccomp filters")

    def _set(self, attribute: int, value: int, what: str) -> None:
        _expect(self._library.seccomp_attr_set(self._context, attribute, value), what)


def _rules(opened: Opened) -> Iterator[_Rule]:
    for call in _ALLOWED:
        yield _Rule(_ALLOW, call)
    for call in _REFUSED:
        yield _Rule(_TELL | errno.EPERM, call)
    # Memory, but none that could be run.
    for call in ("mmap", "mmap2", "mprotect"):
        yield _Rule(_ALLOW, call, (_Comparison(2, _IS_EQUAL_MASKED, _PROT_EXEC, 0),))
    # abort() signals its own thread; nobody else is signalled.
    yield _Rule(_ALLOW, "tgkill", (_Comparison(0, _IS_EQUAL, os.getpid(), 0),))
    if opened.threads:
        # As the C library starts a thread, bit for bit. Its first choice, clone3, hides its flags, and is not there.
        yield _Rule(_ALLOW, "clone", (_Comparison(0, _IS_EQUAL, _THREAD_FLAGS, 0),))
    else:
        yield _Rule(_TELL | errno.EPERM, "clone")
    if opened.device or opened.csi:
        yield _Rule(_ALLOW, "ioctl", (_Comparison(1, _IS_EQUAL_MASKED, 0xFF00, _VIDEO_IOCTL),))
    if opened.csi:
        yield from _csi_rules()
    if opened.network:
        yield _Rule(_ALLOW, "recvfrom")
        yield _Rule(_ALLOW, "recvmsg")
        # To whom the socket is connected, and to nobody else: no address is given.
        yield _Rule(_ALLOW, "sendto", (_Comparison(4, _IS_EQUAL, 0, 0),))
        yield _Rule(_ALLOW, "shutdown")


def _csi_rules() -> Iterator[_Rule]:
    """After the source of libcamera and Picamera2, not tried on a device: all work on what is open already."""
    for kind in (_MEDIA_IOCTL, _DMA_BUF_IOCTL):
        yield _Rule(_ALLOW, "ioctl", (_Comparison(1, _IS_EQUAL_MASKED, 0xFF00, kind),))
    for call in ("epoll_wait", "epoll_pwait", "epoll_pwait2", "epoll_ctl", "dup"):
        yield _Rule(_ALLOW, call)
    for call in ("fcntl", "fcntl64"):
        for command in _DUPLICATE:
            yield _Rule(_ALLOW, call, (_Comparison(1, _IS_EQUAL, command, 0),))


def _library() -> ctypes.CDLL:
    try:
        library = ctypes.CDLL("libseccomp.so.2")
        library.seccomp_init.restype = ctypes.c_void_p
        signatures: Sequence[tuple[str, tuple[object, ...]]] = (
            ("seccomp_init", (ctypes.c_uint32,)),
            ("seccomp_attr_set", (ctypes.c_void_p, ctypes.c_int, ctypes.c_uint32)),
            ("seccomp_syscall_resolve_name", (ctypes.c_char_p,)),
            (
                "seccomp_rule_add_array",
                (ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint, ctypes.POINTER(_Comparison)),
            ),
            ("seccomp_load", (ctypes.c_void_p,)),
            ("seccomp_release", (ctypes.c_void_p,)),
        )
        for name, arguments in signatures:
            getattr(library, name).argtypes = arguments
    except (OSError, AttributeError) as error:
        raise FilterError("there is no usable libseccomp.so.2; apt install libseccomp2") from error
    return library


def _expect(result: int, what: str) -> None:
    """libseccomp gives an error as a negative errno."""
    if result < 0:
        raise FilterError(f"{what}: {os.strerror(-result)}; the kernel has to know seccomp filters")
