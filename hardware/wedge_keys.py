"""From key events to lines of text: what a bar-code scanner types, by key codes alone. Pure.

A scanner that acts as a keyboard (HID keyboard wedge) sends the keys that somebody at a US keyboard would press,
whatever layout the machine has. So the layout is never asked: the key codes are read as a US keyboard's (codes and
values: linux/input-event-codes.h). Scanners that are told to be independent of the layout hold Alt and type the number
of each character on the keypad; that is understood, too. Caps Lock is not: it hangs on what was pressed long ago.

    key --letter--> line grows          Enter, Tab, or silence --> the line is read
    key --too long, too slow, events lost--> the rest is skipped, up to Enter, Tab or silence

Bounds: a line ends by itself `SILENCE_S` after its last key, since many scanners come without an Enter; it is dropped
when it has more than `MAX_CHARS` or takes longer than `LONGEST_S`. What follows a line without a pause belongs to the
same code (the further lines of a contact card) and is skipped.
"""

from dataclasses import dataclass, replace

EV_SYN, EV_KEY = 0, 1
SYN_REPORT, SYN_DROPPED = 0, 3
_RELEASED, _PRESSED = 0, 1  # 2: the kernel repeats a key that is held; scanners mean nothing by it

MAX_CHARS = 7089
"""The most that a QR code holds: digits, version 40-L (ISO/IEC 18004)."""
LONGEST_S = 15.0
"""A full QR code at 1000 reports a second, two for each character; a pass takes slow scanners a second or two."""
SILENCE_S = 0.5
"""Scanners leave 0.1 s between two keys at the most; people at a keyboard often more."""
LEAST_WITHOUT_END = 4
"""So many characters make a line that only silence has ended; fewer are keys that somebody touched."""
PAUSE_S = 0.1
"""Two codes are never read within this time: what is typed sooner after a line belongs to the same code."""

_SHIFT, _CONTROL, _ALT, _META = frozenset({42, 54}), frozenset({29, 97}), frozenset({56, 100}), frozenset({125, 126})
_MODIFIERS = _SHIFT | _CONTROL | _ALT | _META
_ENDS = frozenset({15, 28, 96})  # Tab, Enter, Enter on the keypad
_CONTROL_ENDS = b"\t\n\r"


def _row(first: int, plain: str, shifted: str) -> dict[int, tuple[int, int]]:
    """Neighbouring keys, from left to right: with their character, and that with Shift."""
    return {first + place: (ord(a), ord(b)) for place, (a, b) in enumerate(zip(plain, shifted, strict=True))}


_KEYPAD = {82: 0, 79: 1, 80: 2, 81: 3, 75: 4, 76: 5, 77: 6, 71: 7, 72: 8, 73: 9}
_KEYS: dict[int, tuple[int, int]] = {
    **_row(2, "1234567890-=", "!@#$%^&*()_+"),
    **_row(16, "qwertyuiop[]", "QWERTYUIOP{}"),
    **_row(30, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
    **_row(43, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
    **_row(57, " ", " "),
    **{key: (0x30 + digit, 0x30 + digit) for key, digit in _KEYPAD.items()},
    **{key: (ord(sign), ord(sign)) for key, sign in ((55, "*"), (74, "-"), (78, "+"), (83, "."), (98, "/"))},
}
LETTERS_AND_DIGITS = frozenset(key for key, (plain, _) in _KEYS.items() if chr(plain).isalnum() and key not in _KEYPAD)
ENTER = 28


@dataclass(frozen=True, slots=True)
class InputEvent:
    """One event of the kernel's. at: monotonic seconds."""

    kind: int
    code: int
    value: int
    at: float


@dataclass(frozen=True, slots=True)
class Line:
    """What was typed, without its end. begun_at, ended_at: monotonic seconds of its first and its last key."""

    payload: bytes
    begun_at: float
    ended_at: float

    def __repr__(self) -> str:
        return f"Line(<{len(self.payload)} bytes hidden>)"


@dataclass(frozen=True, slots=True)
class Dropped:
    """A line that is none, and why."""

    why: str


@dataclass(frozen=True, slots=True)
class Typing:
    """How far the present line is.

    held: modifier keys that are down; number: what is being typed on the keypad while Alt is held; touched_at: the last
    key's time; ended_at: the last line's; skipping: nothing is taken before the next end; lost: events are missing up
    to the next report. Its repr hides the text.
    """

    text: bytes = b""
    begun_at: float = 0.0
    touched_at: float = float("-inf")
    ended_at: float = float("-inf")
    held: frozenset[int] = frozenset()
    number: str = ""
    skipping: bool = False
    lost: bool = False

    def __repr__(self) -> str:
        return f"Typing(<{len(self.text)} bytes hidden>, skipping={self.skipping})"

    @property
    def deadline(self) -> float | None:
        """When silence will end what has been typed, in monotonic seconds; None: nothing has."""
        return self.touched_at + SILENCE_S if self.text or self.skipping else None


Result = Line | Dropped | None


def step(typing: Typing, event: InputEvent) -> tuple[Typing, Result]:
    """Take one event. Total: any kind, code, value and time give an answer."""
    if typing.lost:
        typing, _ = rest(typing, event.at)
    if typing.lost:
        # The kernel's buffer overflowed; what stands before the next report is a part of something.
        return (replace(typing, lost=False), None) if _is(event, EV_SYN, SYN_REPORT) else (typing, None)
    if _is(event, EV_SYN, SYN_DROPPED):
        # Which keys are held now is not known; the line's end comes before the next line that is taken.
        lost = replace(typing, text=b"", number="", held=frozenset(), skipping=True, lost=True, touched_at=event.at)
        return lost, None if typing.skipping else Dropped("events were lost")
    if event.kind != EV_KEY or event.value not in (_RELEASED, _PRESSED):
        return typing, None
    if event.code in _MODIFIERS:
        return _modify(typing, event)
    return _press(typing, event) if event.value == _PRESSED else (typing, None)


def rest(typing: Typing, now: float) -> tuple[Typing, Result]:
    """End what silence ends. now: monotonic seconds."""
    deadline = typing.deadline
    if deadline is None or now < deadline:
        return typing, None
    return _end(typing, typing.touched_at, least=LEAST_WITHOUT_END)


def _is(event: InputEvent, kind: int, code: int) -> bool:
    return event.kind == kind and event.code == code


def _modify(typing: Typing, event: InputEvent) -> tuple[Typing, Result]:
    if event.value == _PRESSED:
        number = "" if event.code in _ALT else typing.number
        return replace(typing, held=typing.held | {event.code}, number=number), None
    held = typing.held - {event.code}
    number, typing = typing.number, replace(typing, held=held)
    if not number or held & _ALT:
        return typing, None
    typing = replace(typing, number="")
    # Alt has been let go: the number is a character. Above 255 it is none of a byte's.
    return _add(typing, int(number), event.at) if int(number) < 256 else (typing, None)


def _press(typing: Typing, event: InputEvent) -> tuple[Typing, Result]:
    if event.code in _ENDS:
        return _end(typing, event.at)
    held = typing.held
    if held & _ALT:
        digit = _KEYPAD.get(event.code)
        if digit is None or len(typing.number) > 4:
            return typing, None
        return replace(typing, number=f"{typing.number}{digit}", touched_at=event.at), None
    characters = _KEYS.get(event.code)
    if characters is None or held & _META:
        return typing, None
    character = characters[1 if held & _SHIFT else 0]
    return _add(typing, character & 0x1F if held & _CONTROL else character, event.at)


def _add(typing: Typing, character: int, at: float) -> tuple[Typing, Result]:
    if character in _CONTROL_ENDS:
        return _end(typing, at)
    # Silence that nobody came to notice in time ends a line as well.
    typing, ended = rest(typing, at)
    if typing.skipping:
        return replace(typing, touched_at=at), ended
    if not typing.text:
        continues = 0 <= at - typing.ended_at < PAUSE_S
        text = b"" if continues else bytes((character,))
        return replace(typing, text=text, begun_at=at, touched_at=at, skipping=continues), ended
    if len(typing.text) >= MAX_CHARS or at - typing.begun_at > LONGEST_S:
        why = "it is too long" if len(typing.text) >= MAX_CHARS else "it takes too long"
        return replace(typing, text=b"", touched_at=at, skipping=True), Dropped(why)
    return replace(typing, text=typing.text + bytes((character,)), touched_at=at), ended


def _end(typing: Typing, at: float, least: int = 1) -> tuple[Typing, Result]:
    had_begun = bool(typing.text) or typing.skipping
    ended = replace(
        typing,
        text=b"",
        number="",
        skipping=False,
        lost=False,
        touched_at=at,
        ended_at=at if had_begun else typing.ended_at,
    )
    if typing.skipping or not typing.text:
        return ended, None
    if len(typing.text) < least:
        return ended, Dropped("it has no end, and is too short for a code")
    return ended, Line(typing.text, typing.begun_at, at)
