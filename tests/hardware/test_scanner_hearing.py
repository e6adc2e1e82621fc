"""What is taken of the words of a process that may be anybody's."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.scanner_child import Nonsense
from hardware.scanner_hearing import Hearing
from hardware.scanner_wire import Alive, CameraOpened, CodeLeft, Confined, Sighting, Trouble, decode, encode

BEGAN_AT, NOW = 100.0, 110.0


def seen(captured_at: float, decoded_at: float | None = None) -> bytes:
    decoded_at = captured_at if decoded_at is None else decoded_at
    return encode(Sighting(b"ASHYQ:X", "qr", "zxing", captured_at, decoded_at, 7)).strip()


def heard(*lines: bytes, at: float = NOW) -> list[Any]:
    return list(Hearing(BEGAN_AT).messages(lines, at))


@pytest.mark.parametrize("times", [(99.0, 109.0), (111.0, 109.0), (109.0, 111.0), (-1e300, 109.0)])
def test_a_sighting_from_another_time_is_nonsense(times: tuple[float, float]) -> None:
    """Neither from before the process began, nor from the future."""
    assert heard(seen(*times)) == [None]


def test_a_sighting_of_now_is_taken() -> None:
    """As an honest process sends it."""
    [message] = heard(seen(109.5, 109.9))
    assert message.payload == b"ASHYQ:X"


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "-Infinity", "1e999", "1" * 4000, "1" * 5000, "true", '"1"', "[1.0]"]
)
def test_numbers_that_arithmetic_would_break_on(number: str) -> None:
    """JSON as Python reads it has them all; none gets through."""
    line = f'{{"kind": "alive", "frames": 1, "last_frame_at": {number}, "ended": false}}'.encode()
    assert heard(line) == [None]
    line = f'{{"kind": "alive", "frames": {number}, "last_frame_at": null, "ended": false}}'.encode()
    assert heard(line) == [None]


def test_a_frame_from_the_future_is_no_sign_of_life() -> None:
    """A camera can't be kept "well" by a time to come."""
    assert heard(encode(Alive(1, NOW + 0.1, ended=False)).strip()) == [None]


def test_more_sightings_than_visitors_can_show_are_dropped() -> None:
    """A burst, and then five a second: whatever the process says."""
    hearing, taken = Hearing(BEGAN_AT), 0
    for tick in range(100):
        at = BEGAN_AT + 1 + tick / 10
        taken += sum(isinstance(message, Sighting) for message in hearing.messages([seen(at)] * 20, at))
    assert taken <= 12 + 5 * 10


def test_only_what_was_in_view_can_leave_it() -> None:
    """So that codes gone are bounded by codes seen."""
    left = encode(CodeLeft()).strip()
    assert heard(left, left) == []
    assert [type(message) for message in heard(seen(109.0), left, left, left)] == [Sighting, CodeLeft]


def test_confinement_is_believed_once() -> None:
    """Said before the first picture; whoever took the process over later does not change it."""
    first, second = Confined("no library", ""), Confined("", "")
    assert heard(encode(first).strip(), encode(second).strip()) == [first]


def test_texts_are_short_and_of_one_line() -> None:
    """They get into the log."""
    [message] = heard(encode(Trouble("a\nb\x1b[31m" + "x" * 5000)).strip())
    assert message.why.startswith("a?b?[31mxxx")
    assert len(message.why) == 300


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=30))
def test_a_flood_ends_the_hearing(counts: list[int]) -> None:
    """Lines are counted before they are looked at: at most 600 at once, and 300 a second."""
    hearing, taken, at = Hearing(BEGAN_AT), 0, BEGAN_AT
    try:
        for count in counts:
            at += 0.1
            taken += len(list(hearing.messages([b"{}"] * count, at)))
    except Nonsense:
        pass
    assert taken <= 600 + 300 * (at - BEGAN_AT) + 1e-6


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner) | st.dictionaries(st.text(), inner)


@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), nested, max_leaves=6),
    st.sampled_from(["seen", "alive", "left", "trouble", "decoder_failed", "ready", "confined"]),
    st.sampled_from(["payload", "captured_at", "decoded_at", "frame", "frames", "last_frame_at", "ended", "why"]),
)
def test_any_value_in_any_place_is_survived(value: object, kind: str, name: str) -> None:
    """No message of any form raises anything."""
    fields = {**json.loads(seen(109.0)), "frames": 1, "last_frame_at": 109.0, "ended": False, "kind": kind, name: value}
    for keys in (fields, {"kind": kind, name: value}):
        list(Hearing(BEGAN_AT).messages([json.dumps(keys).encode()], NOW))
        decode(json.dumps(keys).encode())


def test_what_is_said_of_the_camera_is_believed_once_and_before_the_first_picture() -> None:
    """Afterwards anybody may speak; nobody fills the log with it."""
    opened, confined = CameraOpened("csi:0", ("gain: 2",)), Confined("", "")
    lines = [encode(message).strip() for message in (opened, opened, confined, confined)]
    assert heard(*lines) == [opened, confined]
    assert heard(lines[2], lines[0]) == [confined]
