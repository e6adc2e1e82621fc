"""A bar-code scanner at the kernel's side: the events that its keys make, as values and as the bytes that are read."""

import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from hardware.wedge_devices import EVENT
from hardware.wedge_keys import InputEvent

# A US keyboard by its keys' names in linux/input-event-codes.h, with the character and the one with Shift.
KEYS = {
    "1": (2, "1!"), "2": (3, "2@"), "3": (4, "3#"), "4": (5, "4$"), "5": (6, "5%"), "6": (7, "6^"), "7": (8, "7&"),
    "8": (9, "8*"), "9": (10, "9("), "0": (11, "0)"), "MINUS": (12, "-_"), "EQUAL": (13, "=+"),
    "Q": (16, "qQ"), "W": (17, "wW"), "E": (18, "eE"), "R": (19, "rR"), "T": (20, "tT"), "Y": (21, "yY"),
    "U": (22, "uU"), "I": (23, "iI"), "O": (24, "oO"), "P": (25, "pP"), "LEFTBRACE": (26, "[{"),
    "RIGHTBRACE": (27, "]}"), "A": (30, "aA"), "S": (31, "sS"), "D": (32, "dD"), "F": (33, "fF"), "G": (34, "gG"),
    "H": (35, "hH"), "J": (36, "jJ"), "K": (37, "kK"), "L": (38, "lL"), "SEMICOLON": (39, ";:"),
    "APOSTROPHE": (40, "'\""), "GRAVE": (41, "`~"), "BACKSLASH": (43, "\\|"), "Z": (44, "zZ"), "X": (45, "xX"),
    "C": (46, "cC"), "V": (47, "vV"), "B": (48, "bB"), "N": (49, "nN"), "M": (50, "mM"), "COMMA": (51, ",<"),
    "DOT": (52, ".>"), "SLASH": (53, "/?"), "SPACE": (57, " "),
}  # fmt: skip
OTHER_KEYS = {"TAB": 15, "ENTER": 28, "LEFTCTRL": 29, "LEFTSHIFT": 42, "RIGHTSHIFT": 54, "KPASTERISK": 55,
              "LEFTALT": 56, "KP7": 71, "KP8": 72, "KP9": 73, "KPMINUS": 74, "KP4": 75, "KP5": 76, "KP6": 77,
              "KPPLUS": 78, "KP1": 79, "KP2": 80, "KP3": 81, "KP0": 82, "KPDOT": 83, "KPENTER": 96, "RIGHTCTRL": 97,
              "KPSLASH": 98, "RIGHTALT": 100, "LEFTMETA": 125, "RIGHTMETA": 126}  # fmt: skip
CHARACTERS = {char: (code, place == 1) for code, pair in KEYS.values() for place, char in enumerate(pair)}
ENTER, TAB, KEYPAD_ENTER, SHIFT, CONTROL, ALT = 28, 15, 96, 42, 29, 56
SYN_DROPPED = InputEvent(0, 3, 0, 0.0)
SYN_REPORT = InputEvent(0, 0, 0, 0.0)


def key(code: int, value: int) -> Iterator[InputEvent]:
    """One key goes down (1) or up (0), with what the kernel sends around it; all at time 0."""
    yield InputEvent(4, 4, 0x70000 + code, 0.0)  # MSC_SCAN
    yield InputEvent(1, code, value, 0.0)
    yield SYN_REPORT


def press(code: int, *held: int) -> Iterator[InputEvent]:
    """A key, while others are held."""
    for modifier in held:
        yield from key(modifier, 1)
    yield from key(code, 1)
    yield from key(code, 0)
    for modifier in reversed(held):
        yield from key(modifier, 0)


def typed(text: str, end: int | None = ENTER) -> Iterator[InputEvent]:
    """What a scanner sends for a text in ASCII."""
    for char in text:
        code, shifted = CHARACTERS[char]
        yield from press(code, *((SHIFT,) if shifted else ()))
    if end is not None:
        yield from press(end)


def typed_by_number(text: str) -> Iterator[InputEvent]:
    """What a scanner sends that is told to be independent of the layout: Alt, and each character's number."""
    for char in text:
        yield from key(ALT, 1)
        for digit in f"{ord(char):03}":
            yield from press(OTHER_KEYS[f"KP{digit}"])
        yield from key(ALT, 0)
    yield from press(ENTER)


def at(events: Iterable[InputEvent], start: float, gap_s: float = 0.001) -> list[InputEvent]:
    """The same events one after the other, from `start` on."""
    return [InputEvent(event.kind, event.code, event.value, start + gap_s * n) for n, event in enumerate(events)]


def packed(events: Iterable[InputEvent]) -> bytes:
    """As the kernel hands them out."""
    return b"".join(
        EVENT.pack(int(event.at), int(event.at % 1 * 1e6), event.kind, event.code, event.value) for event in events
    )


class Plugged:
    """A scanner that is plugged in: a pipe where its device would be."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.exists():
            os.mkfifo(path)
        self._descriptor = os.open(path, os.O_RDWR)  # for both, so that neither end waits for the other

    def send(self, data: bytes) -> None:
        """Some bytes, all of them."""
        while data:
            data = data[os.write(self._descriptor, data) :]

    def scan(self, text: str, end: int | None = ENTER, ago_s: float = 0.0) -> None:
        """A code is read now, or was some seconds ago, as a thread sees it that comes late."""
        now = time.monotonic() - ago_s
        self.send(packed(InputEvent(e.kind, e.code, e.value, now) for e in typed(text, end)))

    def unplug(self) -> None:
        """It is gone from the bus; its device may stay for a moment."""
        os.close(self._descriptor)
