"""From pixels to payloads."""

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
from hardware.symbols import Reading, Symbol


@pytest.mark.parametrize("payload", [b"ASHYQ:0", b"https://example.kz", "Сәлем".encode(), b"\x00\xff\x80", b"A" * 900])
@pytest.mark.parametrize("inverted", [False, True])
def test_payloads_are_exact(studio: Any, payload: bytes, inverted: bool) -> None:
    """Every byte arrives as it was written, in dark mode too."""
    code = studio.code(payload, inverted=inverted)
    picture = np.pad(code, 40, constant_values=255 if not inverted else 0)
    [symbol] = SymbolReader().read(picture, 0.0).symbols
    assert (symbol.payload, symbol.symbology, symbol.reader) == (payload, "qr", "zxing")
    assert len(symbol.corners) == 4


def test_all_codes_of_a_frame_are_read(studio: Any) -> None:
    """Two phones side by side."""
    frame = studio.frame(studio.code("first"), studio.code("second"))
    assert {symbol.payload for symbol in SymbolReader().read(frame, 0.0).symbols} == {b"first", b"second"}


def test_a_micro_qr_code_is_not_read(studio: Any) -> None:
    """Micro QR gave false reads on ordinary frames: it is left alone."""
    assert SymbolReader(bar_codes=False).read(studio.frame(studio.code("12345", micro=True)), 0.0) == Reading()


def test_a_bar_code_is_read_when_it_is_seen_twice() -> None:
    """A bottle's EAN is named, but only after a second look, since stripes resemble bar codes for a moment."""
    image = zxingcpp.create_barcode("4006381333931", zxingcpp.BarcodeFormat.EAN13).to_image(scale=3)
    frame = np.full((300, 500), 255, np.uint8)
    code = np.array(image)
    frame[50 : 50 + code.shape[0], 50 : 50 + code.shape[1]] = code
    reader = SymbolReader()
    assert reader.read(frame, 0.0) == Reading()
    [symbol] = reader.read(frame, 1.0).symbols
    assert (symbol.payload, symbol.symbology) == (b"4006381333931", "bar")
    assert SymbolReader(bar_codes=False).read(frame, 1.0) == Reading()


def test_a_structured_append_code_stops_nothing() -> None:
    """pyzbar raises on some valid codes: that is no reason to stop."""
    [first, *_] = segno.make_sequence("A long message in several codes " * 8, symbol_count=4)
    matrix = np.array(first.matrix, dtype=np.uint8)
    frame = np.kron(np.pad(1 - matrix, 8, constant_values=1) * 255, np.ones((5, 5))).astype(np.uint8)
    reader = SymbolReader()
    for at in range(6):
        assert len(reader.read(frame, float(at)).symbols) <= 1


def test_a_decoder_that_raises_is_told_and_survived(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name of decoder and error are reported; the other decoders still get their turn."""

    def broken(_: object, **options: object) -> list[Symbol]:
        raise cv2.error("boom")

    monkeypatch.setattr("hardware.symbols.with_zxing", broken)
    failures: list[tuple[str, str]] = []
    reader = SymbolReader(on_failure=lambda decoder, error: failures.append((decoder, error)))
    assert reader.read(np.zeros((50, 50), np.uint8), 0.0) == Reading()
    assert set(failures) == {("zxing", "error")}


@settings(max_examples=40, suppress_health_check=[HealthCheck.data_too_large])
@given(st_numpy.arrays(np.uint8, st.tuples(st.integers(1, 90), st.integers(1, 90))))
def test_any_picture_is_survived(picture: np.ndarray[Any, np.dtype[np.uint8]]) -> None:
    """Tiny, striped or noisy: a picture gives symbols or none, and no error."""
    failures: list[str] = []
    reader = SymbolReader(on_failure=lambda decoder, _: failures.append(decoder))
    for at in range(3):
        reader.read(picture, float(at))
    assert failures == []


def test_a_symbol_hides_its_payload() -> None:
    """What was read does not get into a log by accident."""
    assert "secret" not in repr(Symbol(b"secret", "qr", "zxing", ()))
