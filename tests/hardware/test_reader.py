"""The anytime reader: frames of one camera, one after the other."""

from collections.abc import Iterable
from typing import Any

import cv2
import numpy as np
import pytest
import segno
import zxingcpp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from hardware.reader import SymbolReader
from hardware.symbols import Grey, Hint, Reading, Symbol, with_zxing
from tests.bench.scenes import single
from tests.hardware.filming import CAMERA, FRAME_S, HELD, PASS, film, fresh, steady
from tests.hardware.shown import code, scrambled, seen, square

SECOND = code("ASHYQ:XC4PLM2HQ8ZT6WBK3RNE", "M")


def steps(readings: Iterable[Reading]) -> list[list[str]]:
    """By which steps the codes of each frame were read."""
    return [[symbol.step for symbol in reading.symbols] for reading in readings]


@pytest.mark.parametrize("payload", [b"ASHYQ:0", b"https://example.kz", "Сәлем".encode(), b"\x00\xff\x80", b"A" * 900])
@pytest.mark.parametrize("inverted", [False, True])
def test_payloads_are_exact(studio: Any, payload: bytes, inverted: bool) -> None:
    """Every byte arrives as it was written, in dark mode too."""
    made = studio.code(payload, inverted=inverted)
    picture = np.pad(made, 40, constant_values=255 if not inverted else 0)
    [symbol] = fresh().read(picture, 0.0).symbols
    assert (symbol.payload, symbol.symbology, symbol.reader) == (payload, "qr", "zxing")
    assert len(symbol.corners) == 4


def test_all_codes_of_a_frame_are_read(studio: Any) -> None:
    """Two phones side by side."""
    frame = studio.frame(studio.code("first"), studio.code("second"))
    assert {symbol.payload for symbol in fresh().read(frame, 0.0).symbols} == {b"first", b"second"}


# --- a code that stays in view ---------------------------------------------------------------------------------------


def test_a_code_that_stays_is_read_at_its_place() -> None:
    """The first look is at the whole frame, the next ones where it was; each fourth is at the whole again."""
    readings = film(fresh(), [seen(PASS.light, HELD, size=CAMERA)] * 9)
    whole, again = ["whole"], ["again"]
    assert steps(readings) == [whole, again, again, again, whole, again, again, again, whole]
    assert {symbol.payload for reading in readings for symbol in reading.symbols} == {PASS.payload}


def test_corners_follow_a_code_that_moves() -> None:
    """They are of the frame, not of the place that was looked at."""
    places = [HELD + np.array([30 * number, 5 * number], np.float32) for number in range(8)]
    readings = film(fresh(), [seen(PASS.light, place, size=CAMERA) for place in places])
    for place, reading in zip(places, readings, strict=True):
        assert np.abs(np.array(reading.symbols[0].corners) - place).max() < 3
    assert [step for [step] in steps(readings)].count("again") == 6


@pytest.mark.parametrize("after_s", [1.0, -1.0])
def test_its_place_counts_for_a_moment(after_s: float) -> None:
    """Then the whole frame is looked at first: somebody else may have come."""
    frame, reader = seen(PASS.light, HELD, size=CAMERA), fresh()
    assert [reader.read(frame, at).symbols[0].step for at in (10.0, 10.1, 10.1 + after_s)] == [
        "whole",
        "again",
        "whole",
    ]


def test_a_second_code_beside_it_is_found_soon() -> None:
    """Within the four frames between two looks at the whole."""
    alone = np.hstack([seen(PASS.light, square(70, 70, 150)), np.full((320, 320), 130, np.uint8)])
    both = np.hstack([seen(PASS.light, square(70, 70, 150)), seen(SECOND.light, square(70, 70, 150))])
    reader = fresh()
    film(reader, [alone])
    later = film(reader, [both] * 4, FRAME_S)
    assert {symbol.payload for reading in later for symbol in reading.symbols} == {PASS.payload, SECOND.payload}


@pytest.mark.parametrize("after_s", [FRAME_S, 0.4, 5.0, -3.0])
def test_a_code_that_is_exchanged_is_read_at_once(after_s: float) -> None:
    """Elsewhere, after a moment or a while, or after a clock that went back: the whole frame is looked at."""
    reader = fresh()
    reader.read(seen(PASS.light, HELD, size=CAMERA), 10.0)
    [symbol] = reader.read(seen(SECOND.light, square(80, 60, 150), size=CAMERA), 10.0 + after_s).symbols
    assert (symbol.payload, symbol.step) == (SECOND.payload, "whole")


# --- a code that hides ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "step"),
    [({"streak_px": 12}, "grid"), ({"blur_px": 4.0}, "grid"), ({"dark": 120, "bright": 132, "noise": 1.5}, "halved")],
    ids=["moved", "blurred", "faint"],
)
def test_a_hard_code_is_read_by_a_later_step(options: dict[str, float], step: str) -> None:
    """In the first frame that shows it, for there is time saved."""
    frame = seen(PASS.light, HELD, size=CAMERA, **({"noise": 2.0} | options))  # type: ignore[arg-type]
    assert with_zxing(frame)[0] == []
    [symbol] = fresh().read(frame, 0.0).symbols
    assert (symbol.payload, symbol.symbology, symbol.step) == (PASS.payload, "qr", step)
    assert np.abs(np.array(symbol.corners) - HELD).max() < 8


@pytest.mark.parametrize(
    ("factor", "seed", "step"),
    [("logo", 14, "repaired"), ("occlusion", 0, "grid"), ("occlusion", 2, "thresholded")],
)
def test_a_hard_scene_is_read(factor: str, seed: int, step: str) -> None:
    """Logos, fingers and cracks, in a hall."""
    frame, payload = single(factor, np.random.default_rng(seed), 0.5)
    assert with_zxing(frame)[0] == []
    [symbol] = fresh().read(frame, 0.0).symbols
    assert (symbol.payload, symbol.step) == (payload, step)


def test_frames_add_up_to_a_code() -> None:
    """A reflection wanders over it: neither frame is readable alone."""
    held = seen(PASS.light, square(500, 250, 170), size=CAMERA)
    frames = [held.copy(), held.copy()]
    frames[0][300:370, 585:670] = frames[1][335:420, 550:620] = 255
    assert [fresh().read(frame, 0.0).symbols for frame in frames] == [(), ()]
    first, second = film(fresh(), frames)
    assert first.symbols == ()
    assert [(symbol.payload, symbol.step) for symbol in second.symbols] == [(PASS.payload, "fused")]


@pytest.mark.parametrize(
    ("side", "options", "hint"),
    [
        (170, {}, None),
        (170, {"blur_px": 4.0}, "hold_still"),
        (170, {"dark": 8, "bright": 45, "background": 20}, "brighter"),
        (52, {}, "closer"),
    ],
    ids=["good", "blurred", "dark", "small"],
)
def test_a_code_that_nobody_can_decode_is_located(side: int, options: dict[str, float], hint: Hint | None) -> None:
    """Its patterns stand and its data is scrambled: frame after frame it is told where it is and how to hold it."""
    corners, reader = square(500, 250, side, 6), fresh()
    for number in range(5):
        frame = seen(scrambled(PASS), corners, size=CAMERA, noise=2, seed=number, **options)  # type: ignore[arg-type]
        reading = reader.read(frame, number * FRAME_S)
        assert reading.symbols == ()
        assert reading.located is not None
        assert reading.located.hint == hint
        # They are the decoder's, and of a small code the corner without a finder pattern is rough.
        assert np.abs(np.array(reading.located.corners) - corners).max() < max(8, 0.3 * side)


def test_a_code_that_has_gone_is_located_no_longer() -> None:
    """A moment after it was seen last."""
    reader = fresh()
    assert reader.read(seen(scrambled(PASS), HELD, size=CAMERA), 0.0).located is not None
    assert reader.read(np.full((720, 1280), 130, np.uint8), 1.0) == Reading()


def test_no_time_left_stops_no_first_look() -> None:
    """By a clock by which every attempt takes an hour the easy codes are read all the same."""
    reader = SymbolReader(bar_codes=False, cpu=steady(3600.0))
    film(reader, [seen(scrambled(PASS), HELD, size=CAMERA, noise=2)] * 3)
    [symbol] = reader.read(seen(SECOND.light, HELD, size=CAMERA), 1.0).symbols
    assert symbol.payload == SECOND.payload


@pytest.mark.parametrize("look_s", [0.0, -1.0])
def test_a_clock_that_stands_stops_nothing(look_s: float) -> None:
    """Or that goes back."""
    reader = SymbolReader(bar_codes=False, cpu=steady(look_s))
    film(reader, [seen(scrambled(PASS), HELD, size=CAMERA, noise=2)] * 3)
    assert reader.read(seen(PASS.light, HELD, size=CAMERA), 1.0).symbols


# --- bar codes -------------------------------------------------------------------------------------------------------


def _bottle() -> Grey:
    image = zxingcpp.create_barcode("4006381333931", zxingcpp.BarcodeFormat.EAN13).to_image(scale=3)
    made = np.array(image)
    frame = np.full((300, 500), 255, np.uint8)
    frame[50 : 50 + made.shape[0], 50 : 50 + made.shape[1]] = made
    return frame


def test_a_bar_code_is_read_when_it_is_seen_twice() -> None:
    """A bottle's EAN is named, but only after a second look, since stripes resemble bar codes for a moment."""
    frame, reader = _bottle(), SymbolReader()
    assert [reader.read(frame, at) for at in (0.0, 1.0)] == [Reading()] * 2
    [symbol] = reader.read(frame, 2.0).symbols
    assert (symbol.payload, symbol.symbology) == (b"4006381333931", "bar")
    assert SymbolReader(bar_codes=False).read(frame, 1.0) == Reading()


# --- what must not stop it -------------------------------------------------------------------------------------------


def test_a_micro_qr_code_is_not_read(studio: Any) -> None:
    """Micro QR gave false reads on ordinary frames: it is left alone."""
    assert fresh().read(studio.frame(studio.code("12345", micro=True)), 0.0) == Reading()


def test_a_structured_append_code_stops_nothing() -> None:
    """pyzbar raises on some valid codes: that is no reason to stop."""
    [first, *_] = segno.make_sequence("A long message in several codes " * 8, symbol_count=4)
    matrix = np.array(first.matrix, dtype=np.uint8)
    frame = np.kron(np.pad(1 - matrix, 8, constant_values=1) * 255, np.ones((5, 5))).astype(np.uint8)
    reader = SymbolReader()
    for at in range(6):
        assert len(reader.read(frame, float(at)).symbols) <= 1


def _broken(*_: object, **__: object) -> Any:
    raise cv2.error("boom")


@pytest.mark.parametrize(
    "place", ["hardware.symbols.with_zxing", "hardware.symbols.with_zbar", "hardware.modules.measured"]
)
def test_a_decoder_that_raises_is_told_and_survived(monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    """The names of decoder and error are reported; the next frame is read, or told of again."""
    failures: list[tuple[str, str]] = []
    reader = fresh(on_failure=lambda decoder, error: failures.append((decoder, error)))
    with monkeypatch.context() as patched:
        patched.setattr(place, _broken)
        for number in range(8):
            frame = seen(scrambled(PASS), HELD + np.float32(3 * number), size=CAMERA, noise=2, seed=number)
            reader.read(frame, number * FRAME_S)
    assert failures
    assert {error for _, error in failures} == {"error"}
    assert reader.read(seen(PASS.light, HELD, size=CAMERA), 1.0).symbols


def test_without_its_glance_a_hard_code_is_read_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that can't be loaded, or fails, is told of; what it would judge counts as perhaps a code."""
    failures: list[tuple[str, str]] = []
    monkeypatch.setattr("hardware.recognition.likeness", _broken)
    reader = fresh(on_failure=lambda decoder, error: failures.append((decoder, error)))
    frames = [seen(PASS.light, HELD, size=CAMERA, blur_px=4.0, noise=2, seed=number) for number in range(6)]
    read = [reading.symbols for reading in film(reader, frames)]
    assert any(symbols and symbols[0].payload == PASS.payload for symbols in read)
    assert set(failures) == {("recognition", "error")}


def test_pictures_that_lie_oddly_in_memory_are_read() -> None:
    """Part of a larger picture, every other pixel, mirrored rows, or not to be written to; and it is left as it was."""
    for options in ({}, {"blur_px": 4.0, "noise": 2.0}):
        frame = seen(PASS.light, HELD, size=CAMERA, **options)  # type: ignore[arg-type]
        within = np.zeros((800, 1400), np.uint8)
        within[30:750, 40:1320] = frame
        spread = np.zeros((720, 2560), np.uint8)
        spread[:, ::2] = frame
        backward = np.ascontiguousarray(frame[::-1])[::-1]
        for view in (within[30:750, 40:1320], spread[:, ::2], backward, np.asfortranarray(frame)):
            view.flags.writeable = False
            assert [symbol.payload for symbol in fresh().read(view, 0.0).symbols] == [PASS.payload]
            assert np.array_equal(view, frame)


@settings(max_examples=40, suppress_health_check=[HealthCheck.data_too_large])
@given(st_numpy.arrays(np.uint8, st.tuples(st.integers(1, 90), st.integers(1, 90))))
def test_any_picture_is_survived(picture: Grey) -> None:
    """Tiny, striped or noisy: a picture gives symbols or none, and no error."""
    failures: list[str] = []
    reader = SymbolReader(on_failure=lambda decoder, _: failures.append(decoder))
    for at in range(3):
        reader.read(picture, float(at))
    assert failures == []


def test_a_symbol_that_is_read_hides_its_payload() -> None:
    """What was read does not get into a log by accident."""
    [symbol] = fresh().read(seen(PASS.light, HELD, size=CAMERA), 0.0).symbols
    assert isinstance(symbol, Symbol)
    assert PASS.payload.decode() not in repr(symbol)
