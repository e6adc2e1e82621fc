"""The two decoders, and what they say of a picture."""

import numpy as np
import pytest
import segno
import zxingcpp
from pyzbar import pyzbar

from hardware.symbols import Outline, Symbol, bar_codes, with_zbar, with_zxing
from tests.hardware.shown import code, scrambled, seen, square

PASS = code("ASHYQ:7K3QW9XE2MZ5T8RV4NBJ", "M")
CORNERS = square(70, 70, 150, 8)


@pytest.mark.parametrize("small", [False, True])
def test_zxing_reads_a_code_and_says_where_it_is(small: bool) -> None:
    """Clockwise from the code's own top left."""
    [symbol], outlines = with_zxing(seen(PASS.light, CORNERS), small=small)
    assert (symbol.payload, symbol.symbology, symbol.reader, symbol.step) == (PASS.payload, "qr", "zxing", "whole")
    assert np.abs(np.array(symbol.corners) - CORNERS).max() < 3
    assert outlines == []


def test_zxing_locates_a_code_that_it_cannot_decode() -> None:
    """With its version, and so the size of its modules."""
    symbols, [outline] = with_zxing(seen(scrambled(PASS), CORNERS))
    assert symbols == []
    assert outline.version == PASS.version
    assert abs(outline.module_px - 150 / 25) < 0.2


def test_zbar_reads_ascii_alone() -> None:
    """It rewrites other bytes, and what is not exact is not read."""
    [symbol] = with_zbar(seen(PASS.light, CORNERS))
    assert (symbol.payload, symbol.reader) == (PASS.payload, "zbar")
    assert with_zbar(seen(code(b"\xff\x80\xe9", "M").light, CORNERS)) == []


def test_zbar_without_a_place_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a code is, it is looked for in the next frame."""
    [one] = pyzbar.decode(seen(PASS.light, CORNERS), symbols=[pyzbar.ZBarSymbol.QRCODE])
    monkeypatch.setattr("hardware.symbols.pyzbar.decode", lambda *_, **__: [one._replace(polygon=[])])
    assert with_zbar(seen(PASS.light, CORNERS)) == []


def test_zbar_survives_a_structured_append_code() -> None:
    """pyzbar raises on some valid ones."""
    for part in segno.make_sequence("A long message in several codes " * 8, symbol_count=4):
        light = np.where(np.array(part.matrix, np.uint8) == 1, np.float32(-1), np.float32(1))
        assert isinstance(with_zbar(seen(light, CORNERS)), list)


@pytest.mark.parametrize("width", [500, 1600])
def test_a_bar_code_is_placed_in_the_picture(width: int) -> None:
    """Also where the picture is looked at smaller than it is."""
    scale = width // 160
    made = np.array(zxingcpp.create_barcode("4006381333931", zxingcpp.BarcodeFormat.EAN13).to_image(scale=scale))
    frame = np.full((made.shape[0] + 100, width), 255, np.uint8)
    frame[50 : 50 + made.shape[0], 20 : 20 + made.shape[1]] = made
    [symbol] = bar_codes(frame)
    assert (symbol.payload, symbol.symbology, symbol.step) == (b"4006381333931", "bar", "bar")
    x = [corner[0] for corner in symbol.corners]
    assert 20 <= min(x) < max(x) <= 20 + made.shape[1]
    assert max(x) - min(x) > made.shape[1] * 0.7


def test_a_symbol_is_placed_in_the_frame() -> None:
    """From an enlarged cut back to where it was cut out."""
    symbol = Symbol(b"x", "qr", "zxing", ((10, 20), (30, 20), (30, 40), (10, 40)))
    placed = symbol.placed(2.0, 100, 50, "enlarged")
    assert placed.corners == ((105, 60), (115, 60), (115, 70), (105, 70))
    assert (placed.payload, placed.step) == (b"x", "enlarged")


def test_an_outline_is_placed_in_the_frame() -> None:
    """Likewise, in fractions of pixels."""
    placed = Outline(CORNERS, 2).placed(2.0, 100, 50)
    assert np.allclose(placed.corners, CORNERS / 2 + [100, 50])
    assert abs(placed.module_px - 3) < 0.01


def test_outlines_of_the_same_modules_are_one() -> None:
    """Within a module, and of the same version."""
    outline = Outline(CORNERS, 2)
    assert outline.same_as(Outline(CORNERS + 5, 2))
    assert not outline.same_as(Outline(CORNERS + 7, 2))
    assert not outline.same_as(Outline(CORNERS, 3))


def test_a_symbol_hides_its_payload() -> None:
    """What was read does not get into a log by accident."""
    assert "secret" not in repr(Symbol(b"secret", "qr", "zxing", ()))
