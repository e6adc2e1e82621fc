"""Bar codes are looked for now and then, one kind after the other, and believed when they are seen twice."""

import numpy as np
import pytest
import zxingcpp

from hardware.bar_codes import BarCodes
from hardware.symbols import BarKind, Grey, Symbol, bar_codes

_FRAME = np.zeros((72, 128), np.uint8)
KINDS: tuple[BarKind, ...] = ("goods", "stacked", "matrix")
_CORNERS = ((0, 0), (9, 0), (9, 9), (0, 9))


class _Shown:
    """A look that reads what is held up, of its kind alone, and notes the times and kinds of all looks."""

    def __init__(self) -> None:
        self.held: tuple[BarKind, bytes] | None = None
        self.kinds: list[BarKind] = []

    def __call__(self, _grey: Grey, kind: BarKind) -> list[Symbol]:
        self.kinds.append(kind)
        if self.held is None or self.held[0] != kind:
            return []
        return [Symbol(self.held[1], "bar", "zxing", _CORNERS, "bar")]


def _read(bars: BarCodes, seconds: tuple[float, float], fps: float = 30) -> list[float]:
    """The times at which a bar code was told."""
    times = [number / fps for number in range(round(seconds[0] * fps), round(seconds[1] * fps))]
    return [at for at in times if bars.read(_FRAME, at)]


def test_kinds_take_turns() -> None:
    """The stripes of goods and cards every other time."""
    shown = _Shown()
    assert _read(BarCodes(0.4, shown), (0, 3.6)) == []
    assert shown.kinds == ["goods", "stacked", "goods", "matrix"] * 2


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_seen_twice_is_told(kind: BarKind) -> None:
    """What was seen once is looked for again in the next turn, and goes on being told while it is there."""
    shown = _Shown()
    bars = BarCodes(0.4, shown)
    shown.held = (kind, b"4006381333931")
    told = _read(bars, (0, 4))
    assert told[0] <= 2.1
    assert np.allclose(np.diff(told), 0.4, atol=0.05)


def test_something_else_between_two_looks_begins_anew() -> None:
    """Stripes of all kinds look like a bar code for a moment."""
    shown = _Shown()
    bars = BarCodes(0.4, shown)
    bars.read(_FRAME, 0.0)
    for number, held in enumerate([b"1", b"2", b"1", b"2"], start=1):
        shown.held = ("goods", held)
        assert bars.read(_FRAME, float(number)) == ()
    assert shown.kinds == ["goods"] * 4


@pytest.mark.parametrize("missed", [1, 2])
def test_one_that_is_missed_for_a_moment_is_the_same(missed: int) -> None:
    """It is told again at once, before anybody forgets it: it would count as shown anew."""
    shown = _Shown()
    bars = BarCodes(0.4, shown)
    told = []
    for number in range(12):
        shown.held = None if 4 <= number < 4 + missed else ("stacked", b"4006381333931")
        told.append(bool(bars.read(_FRAME, 0.41 * number)))
    assert told == [False] * 3 + [True] + [False] * missed + [True] * (8 - missed)


def test_one_that_is_gone_loses_its_turn() -> None:
    """Afterwards it has to be seen twice again."""
    shown = _Shown()
    bars = BarCodes(0.4, shown)
    times = (0.41 * number for number in range(99))

    def told(held: tuple[BarKind, bytes] | None, looks: int) -> list[bool]:
        shown.held = held
        return [bool(bars.read(_FRAME, next(times))) for _ in range(looks)]

    assert told(("goods", b"1"), 4) == [False, False, True, True]
    assert told(None, 4) == [False] * 4
    assert shown.kinds[-1] == "stacked"
    assert told(("goods", b"1"), 3) == [False, True, True]


def test_a_look_that_raises_is_not_repeated_at_once() -> None:
    """The next turn is another kind's."""
    shown = _Shown()

    def broken(grey: Grey, kind: BarKind) -> list[Symbol]:
        if shown(grey, kind) == [] and len(shown.kinds) == 1:
            raise RuntimeError("boom")
        return []

    bars = BarCodes(0.4, broken)
    bars.read(_FRAME, 0.0)
    with pytest.raises(RuntimeError):
        bars.read(_FRAME, 1.0)
    assert bars.read(_FRAME, 1.1) == ()
    bars.read(_FRAME, 2.0)
    assert shown.kinds == ["goods", "stacked"]


@pytest.mark.parametrize(
    ("kind", "name"), [("goods", "EAN13"), ("goods", "Code128"), ("stacked", "PDF417"), ("matrix", "DataMatrix")]
)
def test_each_kind_reads_its_own(kind: BarKind, name: str) -> None:
    """And none of the others."""
    made = zxingcpp.create_barcode("4006381333931", zxingcpp.barcode_format_from_str(name))
    drawn = np.pad(np.array(made.to_image(scale=4)), 40, constant_values=255)
    assert [symbol.payload for symbol in bar_codes(drawn, kind)] == [b"4006381333931"]
    others = [other for other in KINDS if other != kind]
    assert bar_codes(drawn, *others) == []
    assert [symbol.payload for symbol in bar_codes(drawn)] == [b"4006381333931"]
