"""From keys to lines: what is typed is read, whatever is in between, and nothing lasts for ever."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware import wedge_keys
from hardware.wedge_keys import LONGEST_S, MAX_CHARS, PAUSE_S, SILENCE_S, Dropped, InputEvent, Line, Typing, rest, step
from tests.hardware import typist
from tests.hardware.typist import (
    ALT,
    CONTROL,
    ENTER,
    KEYPAD_ENTER,
    SHIFT,
    SYN_DROPPED,
    SYN_REPORT,
    TAB,
    at,
    press,
    typed,
)

HEADER = Path("/usr/include/linux/input-event-codes.h")
PASS = "ASHYQ1:6BF3X$F%3A.0-P T*+/:"

texts = st.text(st.sampled_from(sorted(typist.CHARACTERS)), min_size=1, max_size=60)
ends = st.sampled_from([ENTER, TAB, KEYPAD_ENTER])
gaps = st.floats(0.0001, 0.04)
anything = st.builds(
    InputEvent,
    st.integers(0, 0xFFFF) | st.sampled_from([0, 1, 1, 1, 1, 4]),
    st.integers(0, 0xFFFF) | st.integers(0, 130),
    st.integers(-(2**31), 2**31 - 1) | st.sampled_from([0, 1, 2]),
    st.floats(0, 1e6) | st.floats(0, 30),
)
noise = st.sampled_from([
    InputEvent(4, 4, 0x70004, 0.0),  # a scan code
    InputEvent(1, 30, 2, 0.0),  # a key is held: the kernel repeats it
    InputEvent(1, ENTER, 2, 0.0),
    InputEvent(1, 58, 1, 0.0),  # Caps Lock
    InputEvent(1, 59, 1, 0.0),  # F1
    InputEvent(1, 113, 1, 0.0),  # mute
    InputEvent(17, 1, 1, 0.0),  # a lamp
    InputEvent(2, 0, 5, 0.0),  # a mouse
    SYN_REPORT,
])  # fmt: skip


def read(events: Iterable[InputEvent], typing: Typing | None = None) -> tuple[Typing, list[Line | Dropped]]:
    """The state after these events, and what came of them."""
    typing, results = typing or Typing(), []
    for event in events:
        typing, result = step(typing, event)
        if result is not None:
            results.append(result)
    return typing, results


def payloads(results: Iterable[Line | Dropped]) -> list[str]:
    return [result.payload.decode("latin-1") for result in results if isinstance(result, Line)]


@pytest.mark.skipif(not HEADER.exists(), reason="no kernel headers on this machine")
def test_the_keys_are_the_kernels() -> None:
    """The codes that the tests type with are those of linux/input-event-codes.h."""
    codes = dict(re.findall(r"#define KEY_(\w+)\s+(\d+)", HEADER.read_text(encoding="utf-8")))
    mine = {name: code for name, (code, _) in typist.KEYS.items()} | typist.OTHER_KEYS
    assert mine == {name: int(codes[name]) for name in mine}


@given(texts, ends, gaps, st.floats(0, 1e6))
def test_what_is_typed_is_read(text: str, end: int, gap_s: float, start: float) -> None:
    """Any ASCII text is one line with the very same bytes, whichever key ends it, with the times of its keys."""
    events = at(typed(text, end), start, gap_s)
    _, [line] = read(events)
    assert isinstance(line, Line)
    assert line.payload == text.encode("ascii")
    assert events[0].at <= line.begun_at <= line.ended_at <= events[-1].at


@given(texts)
def test_what_is_typed_by_number_is_read(text: str) -> None:
    """Scanners that hold Alt and type a character's number say the same."""
    assert payloads(read(at(typist.typed_by_number(text), 5.0))[1]) == [text]


@given(texts, st.lists(st.tuples(st.integers(0, 400), noise), max_size=30))
def test_what_means_nothing_changes_nothing(text: str, inserted: list[tuple[int, InputEvent]]) -> None:
    """Held keys that repeat, lamps, scan codes, other keys and Caps Lock between the keys leave the text as it is."""
    events = list(typed(text))
    for place, event in inserted:
        events.insert(min(place, len(events) - 1), event)
    assert payloads(read(at(events, 5.0))[1]) == [text]


@given(texts)
def test_silence_ends_a_line(text: str) -> None:
    """A scanner that sends no Enter is read half a second later; some stray keys are not."""
    typing, results = read(at(typed(text, None), 5.0))
    assert results == []
    assert typing.deadline is not None
    assert rest(typing, typing.deadline - 0.01) == (typing, None)
    typing, result = rest(typing, typing.deadline)
    if len(text) >= wedge_keys.LEAST_WITHOUT_END:
        assert isinstance(result, Line)
        assert result.payload == text.encode("ascii")
    else:
        assert isinstance(result, Dropped)
    assert typing.deadline is None


def test_silence_that_nobody_noticed_ends_a_line_as_well() -> None:
    """A line that follows after a while is another one, even if the thread slept in between."""
    events = [*at(typed("first line", None), 5.0), *at(typed("second line"), 7.0)]
    assert payloads(read(events)[1]) == ["first line", "second line"]


@settings(max_examples=300)
@given(st.lists(anything, max_size=80))
def test_no_event_breaks_it_and_afterwards_it_reads_again(events: list[InputEvent]) -> None:
    """After any events at any times, once the keys are let go and it is quiet, the next line is read whole."""
    typing, results = read(events)
    assert all(len(result.payload) <= MAX_CHARS for result in results if isinstance(result, Line))
    quiet_at = max([event.at for event in events], default=0.0) + 1.0
    released = [SYN_REPORT, *(InputEvent(1, code, 0, 0.0) for code in typist.OTHER_KEYS.values())]
    typing, _ = read(at(released, quiet_at, 0.0), typing)
    typing, _ = rest(typing, quiet_at + SILENCE_S)
    assert payloads(read(at(typed(PASS), quiet_at + 2.0), typing)[1]) == [PASS]


def test_an_endless_line_is_dropped_once_and_the_next_one_read() -> None:
    """No more is kept than a QR code holds; the rest is skipped up to its end."""
    flood = at(typed("A" * (MAX_CHARS + 5000), None), 5.0, 0.0001)
    typing, results = read(flood)
    assert results == [Dropped("it is too long")]
    assert len(typing.text) <= MAX_CHARS
    typing, results = read(at(press(ENTER), flood[-1].at), typing)
    assert results == []
    assert payloads(read(at(typed(PASS), flood[-1].at + 1.0), typing)[1]) == [PASS]


def test_the_longest_code_is_read() -> None:
    """All that a QR code holds is one line."""
    text = "7" * MAX_CHARS
    assert payloads(read(at(typed(text), 5.0, 0.0001))[1]) == [text]


def test_a_line_that_takes_too_long_is_dropped() -> None:
    """Keys that keep coming slowly, as from a thing that lies on a keyboard, end up as nothing."""
    slow = at(typed("A" * 100, None), 5.0, 0.02)
    assert slow[-1].at > LONGEST_S
    typing, results = read(slow)
    assert results == [Dropped("it takes too long")]
    assert rest(typing, slow[-1].at + SILENCE_S)[1] is None


def test_lost_events_drop_the_line_that_they_belong_to() -> None:
    """After the kernel's buffer overflowed a half-read line is no line; the next one is read."""
    head, tail = at(typed("ASHYQ:HALF", None), 5.0), at(typed("OTHER HALF"), 5.1)
    held = [InputEvent(1, SHIFT, 1, 5.05), InputEvent(0, 3, 0, 5.06), InputEvent(1, 30, 1, 5.07), SYN_REPORT]
    typing, results = read([*head, *held, *tail])
    assert results == [Dropped("events were lost")]
    assert payloads(read(at(typed("lower case"), 6.0), typing)[1]) == ["lower case"]


@given(st.integers(0, 120), texts)
def test_wherever_events_are_lost_no_line_is_made_of_two(place: int, text: str) -> None:
    """What is read is what was typed as one line, or nothing."""
    events = at(typed(text), 5.0)
    place = min(place, len(events))
    cut = [*events[:place], SYN_DROPPED, *events[place + 3 :]]
    times = [InputEvent(e.kind, e.code, e.value, 5.0 + n * 0.001) for n, e in enumerate(cut)]
    _, results = read([*times, *at(typed("the next one"), times[-1].at + 1.0)])
    assert payloads(results) in ([text, "the next one"], ["the next one"])


def test_the_further_lines_of_a_code_are_not_further_codes() -> None:
    """A contact card has line ends in it: its first line is read, which names it; then the next code."""
    card = [event for line in ("BEGIN:VCARD", "N:Somebody", "ASHYQ:1", "END:VCARD") for event in typed(line)]
    events = at(card, 5.0)
    _, results = read([*events, *at(typed("next"), events[-1].at + 2 * PAUSE_S)])
    assert payloads(results) == ["BEGIN:VCARD", "next"]


def test_empty_lines_and_line_feeds_are_nothing() -> None:
    """An Enter before the code, and Control-J behind its Enter, as some scanners are set, change nothing."""
    j = typist.CHARACTERS["j"][0]
    events = [*press(ENTER), *press(TAB), *press(j, CONTROL, SHIFT), *typed("code"), *press(j, CONTROL)]
    assert payloads(read(at(events, 5.0))[1]) == ["code"]


def test_control_characters_are_kept() -> None:
    """GS separates the fields of a GS1 code: Control and the right bracket."""
    events = [*typed("a", None), *press(typist.CHARACTERS["]"][0], CONTROL), *typed("b")]
    assert payloads(read(at(events, 5.0))[1]) == ["a\x1db"]


def test_a_number_that_is_no_character_is_left_out() -> None:
    """Alt with a number beyond a byte, or with a letter, types nothing."""
    digits = [event for digit in "99999999" for event in press(typist.OTHER_KEYS[f"KP{digit}"])]
    events = [*typist.key(ALT, 1), *digits, *press(30), *typist.key(ALT, 0), *typed("code")]
    assert payloads(read(at(events, 5.0))[1]) == ["code"]


def test_what_was_typed_is_in_no_log() -> None:
    """A state's and a line's repr hide the text."""
    typing, _ = read(at(typed("secret", None), 5.0))
    _, [line] = read(at(typed("secret"), 5.0))
    assert "secret" not in repr(typing) + repr(line)
