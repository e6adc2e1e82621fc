"""The real scanner process, but for its decoder, which is in the hands of an attacker as soon as it sees a picture.

Started as the scanner starts its process; the first argument says, as JSON, what the attacker wants.
"""

import ctypes
import json
import os
import sys
import time
from typing import Any, NoReturn

import numpy as np

# The modules that the real process imports, from the same place.
from hardware import confinement, reader, scanner_process, symbols
from hardware.syscall_filter import FilterError
from tests.hardware.attacks import Attacker, Targets

WISH: dict[str, Any] = json.loads(sys.argv[1])
DESCRIPTOR = int(sys.argv[2])


class TakenOver(reader.SymbolReader):
    """Does what is wished once the process is shut in: the pictures before are small ones."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._attacker = None
        self._done = False
        if WISH["do"] == "attack":
            self._attacker = Attacker(Targets(**{**WISH["targets"], "picture": DESCRIPTOR}))

    def read(self, grey: symbols.Grey, at: float) -> symbols.Reading:
        if grey.shape[1] < 320:
            return super().read(grey, at)
        return getattr(self, f"_{WISH['do']}")(grey, at)  # type: ignore[no-any-return]

    def _attack(self, grey: symbols.Grey, at: float) -> symbols.Reading:
        assert self._attacker is not None
        if self._done:
            return symbols.Reading()
        self._done = True
        return _told(self._attacker.run())

    def _crash(self, grey: symbols.Grey, at: float) -> symbols.Reading:
        """On every picture with a code."""
        reading = super().read(grey, at)
        if any(symbol.payload == b"CRASH" for symbol in reading.symbols):
            ctypes.string_at(0)
        return reading

    def _hang(self, grey: symbols.Grey, at: float) -> symbols.Reading:
        reading = super().read(grey, at)
        if any(symbol.payload == b"HANG" for symbol in reading.symbols):
            while True:
                pass
        if any(symbol.payload == b"SLEEP" for symbol in reading.symbols):
            time.sleep(60)
        return reading

    def _slow(self, grey: symbols.Grey, at: float) -> symbols.Reading:
        """Takes long for every picture, and never too long for one: a shorter and a longer time by turns."""
        self._done = not self._done
        until = time.thread_time() + (0.22 if self._done else 0.42)
        while time.thread_time() < until:
            pass
        return super().read(grey, at)

    def _foreign(self, grey: symbols.Grey, at: float) -> symbols.Reading:
        """A call by a number of another numbering: x32."""
        ctypes.CDLL(None).syscall(ctypes.c_long(0x40000000 + 39))
        return _told({"foreign": 0})

    def _flood(self, grey: symbols.Grey, at: float) -> symbols.Reading:
        while True:
            os.write(scanner_process._MESSAGES, bytes(WISH["line"], "ascii") * 100)  # past what the process would say

    def _swallow(self, grey: symbols.Grey, at: float) -> symbols.Reading:
        """Memory without end, on every picture; what is read meanwhile is told.

        It is taken and not touched: to fill it would take a busy machine longer than a picture may.
        """
        heap = []
        try:
            while True:
                heap.append(np.zeros(32 << 20, np.uint8))
        except MemoryError:
            taken = len(heap)
            del heap
        if self._done:
            return super().read(grey, at)
        self._done = True
        return _told({"taken": taken})


def _told(result: dict[str, int]) -> symbols.Reading:
    return symbols.Reading((symbols.Symbol(json.dumps(result).encode(), "qr", "zxing", ()),))


def _no_library(_opened: object) -> NoReturn:
    raise FilterError("there is no usable libseccomp.so.2; apt install libseccomp2")


if __name__ == "__main__":
    setattr(scanner_process, "SymbolReader", TakenOver)  # noqa: B010  # not a name that it offers
    if WISH.get("without_wall"):
        setattr(confinement, "SyscallFilter", _no_library)  # noqa: B010  # likewise
    sys.exit(scanner_process.run(sys.argv[2:]))
