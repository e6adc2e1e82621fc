"""Writing that the kernel refuses, on one thread: what a card does that has turned read-only, broken or full.

A file system can't be made read-only by hand while files on it are open for writing; so a seccomp filter answers for it
(https://www.kernel.org/doc/html/latest/userspace-api/seccomp_filter.html). It ends with its thread.
"""

import ctypes
import os
import platform
import struct
import threading
from collections.abc import Callable
from typing import TypeVar

_T = TypeVar("_T")
# pwrite64, ftruncate, fallocate, fsync, fdatasync: all that SQLite changes an open file by.
_CALLS = {"x86_64": (18, 77, 285, 74, 75), "aarch64": (68, 46, 47, 82, 83)}
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _MODE_FILTER = 38, 22, 2
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000


def unavailable() -> str | None:
    """Why this can't be done here; None: it can."""
    return None if platform.machine() in _CALLS else f"no numbers of system calls for {platform.machine()}"


def without_writing(number: int, step: Callable[[], _T]) -> _T:
    """What a step comes to on a thread to which every write is refused with this errno."""
    results: list[_T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            _refuse(number)
            results.append(step())
        except BaseException as error:  # noqa: BLE001  # raised again by who waits for it
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


def _refuse(number: int) -> None:
    calls = _CALLS[platform.machine()]
    program = [struct.pack("HBBI", _LOAD, 0, 0, 0)]  # the call's number
    for place, call in enumerate(calls):
        program.append(struct.pack("HBBI", _EQUAL, len(calls) - place, 0, call))  # to the last line
    program += [struct.pack("HBBI", _RETURN, 0, 0, _ALLOW), struct.pack("HBBI", _RETURN, 0, 0, _ERRNO | number)]
    code = ctypes.create_string_buffer(b"".join(program))
    head = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program), ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    for arguments in ((_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (_PR_SET_SECCOMP, _MODE_FILTER, head, 0, 0)):
        if libc.prctl(*arguments) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
