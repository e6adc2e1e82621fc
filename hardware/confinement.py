"""Shuts the scanner process in: whoever takes it over by a picture finds nothing open, nothing to open, no way out.

Two steps, because the camera is opened in between: `enter` before anything is opened, `Walls.lock` before the first
picture is decoded. What is left afterwards: the open source, the pipes to the program, the memory of the preview.
docs/decisions/0011 says why so.
"""

import contextlib
import ctypes
import os
import resource
from dataclasses import dataclass
from pathlib import Path

from hardware import landlock
from hardware.syscall_filter import FilterError, Opened, SyscallFilter

MEMORY_HEADROOM_BYTES = 384 * 1024 * 1024
"""What may be added to the address space once the source is open. Reading pictures of 4000x3000 pixels adds 120 MB, and
each of two heaps of the C library reserves 128 MB for a moment."""

_CSI_DESCRIPTORS = 256

_NICE = (
    5  # a third of the processor time that the screen and the controller get, when all want it; less would starve it
)
_OOM_SCORE = 900  # out of memory, this process is the one to go: it is back within a second

_PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 4, 38
_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
_CAPABILITY_VERSION_3 = 0x20080522
# CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH: root may have to open a source that belongs to somebody else.
_TO_OPEN = (1 << 1) | (1 << 2)


@dataclass(frozen=True, slots=True)
class Locked:
    """What is missing of the wall, and of the second one behind it; empty texts where they stand."""

    missing: str
    second_missing: str


def enter(keep: tuple[int, ...]) -> None:
    """Give away what opening a source does not need; `keep`: the descriptors that stay open beside 0, 1 and 2.

    Before the process has a second thread: capabilities belong to a thread.
    """
    with contextlib.suppress(OSError):  # not to be had everywhere, and no wall
        Path("/proc/self/oom_score_adj").write_text(str(_OOM_SCORE), encoding="ascii")
    os.nice(_NICE)
    system = ctypes.CDLL(None, use_errno=True)
    system.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    system.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)  # no core dump with passes in it, nobody looks in
    system.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)  # pipes and the shared picture have no file size
    _keep_capabilities(_TO_OPEN)
    first = 3
    for descriptor in sorted(keep):
        os.closerange(first, descriptor)
        first = descriptor + 1
    os.closerange(first, resource.getrlimit(resource.RLIMIT_NOFILE)[0] if first > 1024 else 1024)


class Walls:
    """What is put up in a moment; made while files may still be opened."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened
        self._filter: SyscallFilter | None = None
        self._missing = ""
        try:
            self._filter = SyscallFilter(opened)
        except FilterError as error:
            self._missing = str(error)

    def lock(self) -> Locked:
        """Close the process for ever, all its threads. Who calls this is shut in as by `shut_in_thread`, too.

        Where only a thread that was started already may be needed later, it has to be there, waiting: afterwards
        FFmpeg alone can start one, if it is at work at all.
        """
        most_memory_bytes = _address_space_bytes() + MEMORY_HEADROOM_BYTES
        second = shut_in_thread()
        if not self._opened.threads:
            _limit(resource.RLIMIT_NPROC, 0)
        _limit(resource.RLIMIT_AS, most_memory_bytes)
        # No new descriptor, but duplicates for libcamera's buffers; poll(2) wants it above the count that it is given.
        _limit(resource.RLIMIT_NOFILE, _CSI_DESCRIPTORS if self._opened.csi else 3)
        try:
            if self._filter is not None:
                self._filter.put_up()
        except FilterError as error:
            self._missing = str(error)
        return Locked(self._missing, second)


def shut_in_thread() -> str:
    """Give up all capabilities of this thread and put it behind Landlock; returns what is missing of that, or nothing.

    For a thread that is there before `Walls.lock`: that reaches all threads with the filter of system calls only.
    """
    _keep_capabilities(0)
    return landlock.put_up()


def _limit(which: int, most: int) -> None:
    _, hard = resource.getrlimit(which)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(which, (most, most))


def _address_space_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * resource.getpagesize()


class _Header(ctypes.Structure):
    """`struct __user_cap_header_struct` of capset(2)."""

    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Set(ctypes.Structure):
    """`struct __user_cap_data_struct`, of which there are two: the lower and the upper 32 capabilities."""

    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def _keep_capabilities(kept: int) -> None:
    """Give up all capabilities of this thread but those in `kept`, of which it keeps what it has."""
    system = ctypes.CDLL(None, use_errno=True)
    header, sets = _Header(_CAPABILITY_VERSION_3, 0), (_Set * 2)()
    system.capget(ctypes.byref(header), sets)
    sets[0] = _Set(sets[0].effective & kept, sets[0].permitted & kept, 0)
    sets[1] = _Set(0, 0, 0)
    system.capset(ctypes.byref(header), sets)
