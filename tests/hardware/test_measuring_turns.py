"""When the reader measures a located code, and in which ways."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest

from hardware import modules
from hardware.modules import Modules
from hardware.symbols import Grey, Outline
from tests.hardware.filming import CAMERA, HELD, PASS, film, fresh
from tests.hardware.shown import scrambled, seen, square


@dataclass(frozen=True, slots=True, eq=False)
class Measuring:
    """One measuring of an outline, in some of the ways of making light even."""

    outline: Outline
    ways: Sequence[int]


@pytest.fixture
def measurings(monkeypatch: pytest.MonkeyPatch) -> list[Measuring]:
    """All of them, in order, as they come."""
    done: list[Measuring] = []
    measured = modules.measured

    def spied(grey: Grey, outline: Outline, even_over: Sequence[int]) -> Iterator[Modules]:
        done.append(Measuring(outline, even_over))
        return measured(grey, outline, even_over)

    monkeypatch.setattr(modules, "measured", spied)
    return done


def test_ways_of_measuring_take_turns(measurings: list[Measuring]) -> None:
    """The first time a code is measured in all of them, then in one a frame, until it is read."""
    film(fresh(), [seen(scrambled(PASS), HELD, size=CAMERA, noise=2, seed=seed) for seed in range(4)])
    many, few = modules.EVEN_OVER
    assert [measuring.ways for measuring in measurings[:3]] == [(many, few), (many,), (few,)]


@pytest.mark.parametrize(
    ("step_px", "measured_in"), [(24, [0, 3, 6]), (0, [0, 1, 2, 3, 4, 5, 6])], ids=["moving", "still"]
)
def test_a_hard_code_that_was_read_rests_for_a_moment(
    measurings: list[Measuring], step_px: int, measured_in: list[int]
) -> None:
    """While it moves; where nothing does, it is read in each frame, so that the scene counts as still."""
    reader = fresh()
    for number in range(7):
        measurings.clear()
        corners = square(400 + step_px * number, 250, 170, 6)
        frame = seen(PASS.light, corners, size=CAMERA, blur_px=4.0, noise=2, seed=number)
        found = reader.read(frame, number / 30).symbols
        assert [symbol.payload for symbol in found] == ([PASS.payload] if number in measured_in else [])
        assert bool(measurings) is (number in measured_in)


def test_what_is_no_code_takes_no_turn(monkeypatch: pytest.MonkeyPatch, measurings: list[Measuring]) -> None:
    """A code that is measured after it in the same frame is still measured in all ways."""
    monkeypatch.setattr("hardware.recognition.likeness_within", lambda *_: 1.0)
    of_nothing, of_code = Outline(square(60, 60, 150), 2), Outline(HELD, PASS.version)
    monkeypatch.setattr("hardware.symbols.with_zxing", lambda *_, **__: ([], [of_nothing, of_code]))
    frame = seen(scrambled(PASS), HELD, size=CAMERA, noise=2)
    assert fresh().read(frame, 0.0).located is not None
    first, second, *_ = measurings
    assert first.outline is of_nothing
    assert second.outline is of_code
    assert first.ways == second.ways == modules.EVEN_OVER


def test_where_hardly_a_code_was_located_none_is_measured(
    monkeypatch: pytest.MonkeyPatch, measurings: list[Measuring]
) -> None:
    """One glance there costs a tenth; and what lies beside is measured all the same."""
    of_nothing, of_code = Outline(square(60, 60, 150), 2), Outline(HELD, PASS.version)
    monkeypatch.setattr("hardware.symbols.with_zxing", lambda *_, **__: ([], [of_nothing, of_code]))
    assert fresh().read(seen(scrambled(PASS), HELD, size=CAMERA, noise=2), 0.0).located is not None
    assert measurings
    assert all(measuring.outline is not of_nothing for measuring in measurings)
