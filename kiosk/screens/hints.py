"""When the idle screen tells how to hold a code, and when it stops: so that hints never flicker. Pure.

A code that is on its way to being read needs no hint; one that has been in view unread for a while does. What is said
stays long enough to be read, and goes with the code.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp

from kiosk.screens.model import PreviewMark

HINTS = ("closer", "hold_still", "brighter")

UNREAD_S = 0.5
"""How long a code must have been in view, unread, before anything is said."""
STAYS_S = 1.0
"""How long at least a hint stays as it is, unless the code is read."""
GONE_S = 0.4
"""How long a code may be lost from sight and still be the same one: nobody locates it in every frame."""
_FADES_S = 0.5
_CLEARLY = 1.5
_PAUSE_S = 0.5


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at the camera picture shows. hint: one of HINTS."""

    decoded: bool = False
    located: bool = False
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Hinting:
    """What has been seen lately; monotonic seconds. shown: the hint that is to be shown, one of HINTS, or None.

    since, seen_at: from when to when a code has been in view unread; for_s: for how long lately each hint was the one
    given, fading.
    """

    at: float = float("-inf")
    since: float | None = None
    seen_at: float = float("-inf")
    for_s: tuple[float, ...] = (0.0,) * len(HINTS)
    shown: str | None = None
    shown_at: float = float("-inf")


def look_at(marks: Sequence[PreviewMark]) -> Look:
    """What the marks of a picture say; a hint that is none of HINTS is none."""
    located = next((mark for mark in marks if mark.kind == "located"), None)
    hint = None if located is None or located.hint not in HINTS else located.hint
    return Look(any(mark.kind == "decoded" for mark in marks), located is not None, hint)


def step(state: Hinting, look: Look, at: float) -> Hinting:
    """The state after one more look, at the monotonic time `at` in seconds; called some times a second."""
    passed_s = at - state.at
    if look.decoded:
        return Hinting(at)
    if not 0 <= passed_s <= _PAUSE_S:  # another screen was shown meanwhile: begin anew
        state, passed_s = Hinting(), 0.0
    state = replace(_seen(state, look, at, passed_s), at=at)
    best = max(HINTS, key=lambda hint: _for_s(state, hint))
    # What is said is always of a code that is there now, and has been unread for a while.
    is_due = look.located and state.since is not None and at - state.since >= UNREAD_S and _for_s(state, best) > 0
    if state.shown is None:
        return replace(state, shown=best, shown_at=at) if is_due else state
    if at - state.shown_at < STAYS_S:
        return state
    if state.since is None:
        return replace(state, shown=None)
    if is_due and best != state.shown and _for_s(state, best) > _CLEARLY * _for_s(state, state.shown):
        return replace(state, shown=best, shown_at=at)
    return state


def _seen(state: Hinting, look: Look, at: float, passed_s: float) -> Hinting:
    """Whether the code is still there, and what is said of it."""
    if not look.located:
        return state if at - state.seen_at <= GONE_S else replace(state, since=None, for_s=Hinting().for_s)
    fading = exp(-passed_s / _FADES_S)
    for_s = tuple(
        past_s * fading + (passed_s if hint == look.hint else 0.0)
        for hint, past_s in zip(HINTS, state.for_s, strict=True)
    )
    return replace(state, since=at if state.since is None else state.since, seen_at=at, for_s=for_s)


def _for_s(state: Hinting, hint: str) -> float:
    return state.for_s[HINTS.index(hint)]
