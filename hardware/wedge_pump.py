"""A process of its own that carries a USB scanner's events from the kernel into a pipe, and does nothing else.

The kernel keeps some 64 events for a reader, ten characters or so, and then throws all of them away (SYN_DROPPED,
Documentation/input/event-codes.rst). A fast scanner types that in 20 ms, and a thread of the program can wait longer
than that, for instance while the screen's texts are laid out under the interpreter's lock. Here nobody holds a lock,
and the pipe keeps thousands of characters.

Run by hardware.wedge_devices as a file, with nothing but the standard library: the device's descriptor is the argument,
and inherited; events leave on standard output; it ends when standard input does. Its exit status is the error number.
"""

import contextlib
import errno
import fcntl
import os
import select
import signal
import sys

_PIPE_BYTES = 1 << 20  # what a user may have by default (/proc/sys/fs/pipe-max-size)
_READ_BYTES = 1 << 14


def main(device: int) -> int:
    """Carry events until the device or the program is gone; returns the error number of the device's end, or 0."""
    for number in (signal.SIGINT, signal.SIGTERM):  # for the program, which then ends this
        signal.signal(number, signal.SIG_IGN)
    with contextlib.suppress(OSError):  # then the pipe has its 64 KiB
        fcntl.fcntl(1, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    poll = select.poll()
    poll.register(0, select.POLLIN)
    poll.register(device, select.POLLIN)
    while True:
        ready = {descriptor for descriptor, _ in poll.poll()}
        if 0 in ready:
            return 0
        try:
            data = os.read(device, _READ_BYTES)
        except BlockingIOError:
            continue
        except OSError as error:
            return error.errno or errno.EIO
        if not data:  # a pipe that nobody writes into any more
            return errno.ENODEV
        while data:
            data = data[os.write(1, data) :]


if __name__ == "__main__":
    try:
        sys.exit(main(int(sys.argv[1])))
    except BrokenPipeError:
        os._exit(0)
