"""A second wall beside the filter of system calls: Landlock, where the kernel has it.

A Landlock domain without any rule may reach no file and no TCP port that is not open yet, and can neither signal nor
connect to a process outside of it. https://docs.kernel.org/userspace-api/landlock.html
"""

import ctypes
import os

# The same numbers on every machine: they came after the numbering was made common (Linux 5.13).
_CREATE_RULESET, _RESTRICT_SELF = 444, 446
_TELL_VERSION = 1
# How many rights on files each version knows, all of which are taken; then TCP (4), and signals and sockets (6).
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
_NEWEST_FILE_RIGHTS = 16
_BOTH_TCP_RIGHTS = 0b11
_BOTH_SCOPES = 0b11


class _Ruleset(ctypes.Structure):
    """`struct landlock_ruleset_attr`."""

    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


def put_up() -> str:
    """Shut this thread, and those that it starts from now on, in; returns what is missing, or an empty text.

    PR_SET_NO_NEW_PRIVS must be set. Threads that are there already are not covered.
    """
    system = ctypes.CDLL(None, use_errno=True)
    version = system.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _TELL_VERSION)
    if version < 1:
        return "this kernel has no Landlock"
    ruleset = _Ruleset(
        (1 << _FILE_RIGHTS.get(version, _NEWEST_FILE_RIGHTS)) - 1,
        _BOTH_TCP_RIGHTS if version >= 4 else 0,
        _BOTH_SCOPES if version >= 6 else 0,
    )
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    descriptor = system.syscall(_CREATE_RULESET, ctypes.byref(ruleset), ctypes.c_size_t(size), 0)
    if descriptor < 0:
        return f"Landlock: {os.strerror(ctypes.get_errno())}"
    try:
        if system.syscall(_RESTRICT_SELF, descriptor, 0) != 0:
            return f"Landlock: {os.strerror(ctypes.get_errno())}"
    finally:
        os.close(descriptor)
    return ""
