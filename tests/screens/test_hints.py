"""When hints come and go: never flickering, never for a code that is being read, never without one."""

from itertools import pairwise
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.screens import hints, words
from kiosk.screens.hints import GONE_S, HINTS, STAYS_S, UNREAD_S, Hinting, Look, look_at, step

NOTHING, READ = Look(), Look(decoded=True)
TICK_S = 1 / 30


def seen(hint: str | None) -> Look:
    return Look(located=True, hint=hint)


def after(*parts: tuple[Look, float], state: Hinting | None = None) -> Hinting:
    """The state after looks of so many seconds each, at the screen's pace."""
    state = Hinting(0.0) if state is None else state
    for look, seconds in parts:
        for _ in range(round(seconds / TICK_S)):
            state = step(state, look, state.at + TICK_S)
    return state


def test_a_code_that_is_read_at_once_is_given_no_hint() -> None:
    """On its way into view every code is located before it is read."""
    state = after((seen("closer"), UNREAD_S - 0.1))
    assert state.shown is None
    assert after((READ, 0.1), (NOTHING, 2.0), state=state).shown is None


@pytest.mark.parametrize("hint", HINTS)
def test_a_code_that_stays_unread_is_given_its_hint_until_it_is_gone(hint: str) -> None:
    """After half a second; and a moment after the code has left, nothing is said any more."""
    state = after((seen(hint), UNREAD_S + 0.1))
    assert state.shown == hint
    state = after((seen(hint), 5.0), state=state)
    assert state.shown == hint
    assert after((NOTHING, GONE_S + 0.1), state=state).shown is None


def test_a_hint_stays_long_enough_to_be_read() -> None:
    """Also if the code leaves right after."""
    state = after((seen("closer"), UNREAD_S + 0.1))
    assert after((NOTHING, STAYS_S - 0.2), state=state).shown == "closer"
    assert after((NOTHING, STAYS_S + 0.1), state=state).shown is None


def test_a_code_that_was_read_needs_no_hint() -> None:
    """It goes at once, however short it was there."""
    state = after((seen("closer"), UNREAD_S + 0.1))
    assert after((READ, TICK_S), state=state).shown is None


def test_a_code_that_flickers_is_one_code() -> None:
    """Located in every third frame, with gaps: it is told how it is to be held, once."""
    state, shown = Hinting(0.0), []
    for tick in range(120):
        state = step(state, seen("hold_still") if tick % 3 == 0 else NOTHING, tick * TICK_S)
        shown.append(state.shown)
    assert shown[-1] == "hold_still"
    assert sum(one != other for one, other in pairwise(shown)) == 1


def test_another_hint_takes_over_when_it_clearly_holds() -> None:
    """Hints that alternate from frame to frame leave what is shown as it is."""
    state = after((seen("closer"), UNREAD_S + 0.1))
    changes, shown = 0, state.shown
    for tick in range(150):
        state = step(state, seen(("closer", "brighter")[tick % 2]), state.at + TICK_S)
        changes, shown = changes + (state.shown != shown), state.shown
    assert (changes, shown) == (0, "closer")
    assert after((seen("brighter"), 1.5), state=state).shown == "brighter"


def test_where_nothing_stands_out_nothing_is_said() -> None:
    """A code that is located without a hint."""
    assert after((seen(None), 5.0)).shown is None


def test_after_another_screen_it_begins_anew() -> None:
    """A hint from before a verdict is not shown after it."""
    state = after((seen("closer"), 2.0))
    assert step(state, seen("closer"), state.at + 3.0).shown is None
    assert step(state, seen("closer"), state.at - 3.0).shown is None


_looks = st.sampled_from([NOTHING, READ, *map(seen, (*HINTS, None))])
_stretches = st.lists(st.tuples(_looks, st.integers(1, 40)), max_size=12)


@given(_stretches, st.sampled_from([1 / 60, TICK_S, 0.1, 0.3]))
def test_hints_never_flicker(stretches: list[tuple[Look, int]], tick_s: float) -> None:
    """Whatever is seen: what is shown was earned, stays at least its time, and goes with the code."""
    looks = [look for look, ticks in stretches for _ in range(ticks)]
    state, shown = Hinting(0.0), None
    began_at = 0.0  # of what is shown
    located_at: list[float] = []  # of the code in view
    last_at = float("-inf")
    for tick, look in enumerate(looks, 1):
        at = tick * tick_s
        state = step(state, look, at)
        if look.decoded:
            assert state.shown is None
            located_at, shown = [], None
            continue
        if look.located:
            if located_at and at - last_at > GONE_S + tick_s:
                located_at = []
            located_at.append(at)
            last_at = at
        if state.shown != shown:
            assert shown is None or at - began_at >= STAYS_S
            if state.shown is not None:
                assert look.located
                assert at - located_at[0] >= UNREAD_S
                assert state.shown in {one.hint for one in looks[:tick]}
            began_at, shown = at, state.shown
        if shown is not None:
            assert at - began_at <= STAYS_S + tick_s or at - last_at <= GONE_S + tick_s


@given(st.lists(st.tuples(_looks, st.floats(allow_nan=False, allow_infinity=False)), max_size=30))
def test_no_clock_breaks_it(looks: list[tuple[Look, float]]) -> None:
    """Times that jump to and fro give a hint that exists, or none."""
    state = Hinting()
    for look, at in looks:
        state = step(state, look, at)
        assert state.shown in (None, *HINTS)


def test_what_marks_say() -> None:
    """A code that was read counts before one that was not; a hint that nobody knows is none."""

    def mark(kind: str, hint: str | None = None) -> SimpleNamespace:
        return SimpleNamespace(kind=kind, hint=hint, corners=())

    assert look_at(()) == NOTHING
    assert look_at([mark("located", "closer")]) == seen("closer")
    assert look_at([mark("located", "jump")]) == seen(None)
    assert look_at([mark("located", "closer"), mark("decoded")]).decoded


def test_every_hint_has_words() -> None:
    """Short ones, in every language, each in the place of one invitation."""
    assert set(words.HINTS) == set(hints.HINTS)
    for name in hints.HINTS:
        blocks = words.hint(name, ("kk", "ru", "en"))
        assert [block.language for block in blocks] == ["kk", "ru", "en"]
        assert len({block.title for block in blocks}) == 3
        assert all(len(block.title) <= 24 and not block.detail for block in blocks)
