"""How sure it is that a frame has a code in it."""

import numpy as np
import pytest

from hardware.budget import Prospect
from hardware.prospect import Doubts, prospect
from hardware.regions import Region
from hardware.symbols import Outline
from tests.hardware.shown import square

PLACE = Region(100, 100, 160, 160, 0.99)
OUTLINE = Outline(square(100, 100, 160), 3)


@pytest.mark.parametrize(
    ("likeness", "moved", "told"),
    [
        (0.99, None, Prospect.LIKELY),
        (0.99, True, Prospect.MOVING),
        (0.99, False, Prospect.STILL),
        (0.9, None, Prospect.UNLIKELY),
        (0.9, True, Prospect.LIKELY),
        (0.9, False, Prospect.UNLIKELY),
        (0.2, None, Prospect.DOUBTED),
        (0.2, True, Prospect.DOUBTED),
        (0.2, False, Prospect.DOUBTED),
    ],
)
def test_a_place_tells_by_how_it_looks_and_moves(likeness: float, moved: bool | None, told: Prospect) -> None:
    """A code in a hand moves, a poster does not."""
    region = Region(0, 0, 100, 100, likeness, moved)
    assert prospect(located=False, outlined=False, regions=[region]) is told


def test_what_was_located_tells_more_than_places() -> None:
    """And nothing tells nothing."""
    assert prospect(located=True, outlined=True, regions=[]) is Prospect.LOCATED
    assert prospect(located=False, outlined=True, regions=[PLACE]) is Prospect.LIKELY
    assert prospect(located=False, outlined=False, regions=[]) is Prospect.NONE


def test_a_place_without_finder_patterns_is_in_doubt_for_a_moment() -> None:
    """A poster is not looked into in each frame; a code that was blurred is, soon."""
    doubts = Doubts()
    doubts.add(PLACE, 10.0)
    shifted = Region(110, 96, 150, 160, 0.98)
    believed = doubts.believed([shifted], 10.1)
    assert prospect(located=False, outlined=False, regions=believed) is Prospect.DOUBTED
    assert doubts.believed([shifted], 10.2) == [shifted]


def test_each_further_doubt_lasts_twice_as_long() -> None:
    """What hangs there for hours is looked into every few seconds."""
    doubts, at = Doubts(), 10.0
    for lasts_s in (0.15, 0.3, 0.6, 1.2, 2.4, 2.4):
        doubts.add(PLACE, at)
        assert doubts.believed([PLACE], at + lasts_s - 0.05) != [PLACE]
        at += lasts_s + 0.05
        assert doubts.believed([PLACE], at) == [PLACE]


def test_doubts_are_forgotten() -> None:
    """What stands there after a while may be a code: it is given the same chance as the first time."""
    doubts = Doubts()
    doubts.add(PLACE, 10.0)
    assert doubts.believed([PLACE], 11.0) == [PLACE]
    doubts.add(PLACE, 11.0)
    assert doubts.believed([PLACE], 11.2) == [PLACE]


def test_a_place_in_doubt_does_not_hide_another() -> None:
    """Beside a poster a code may be held up."""
    doubts, held = Doubts(), Region(500, 100, 160, 160, 40.0)
    doubts.add(PLACE, 10.0)
    assert prospect(located=False, outlined=False, regions=doubts.believed([PLACE, held], 10.1)) is Prospect.LIKELY


def test_another_place_is_not_in_doubt() -> None:
    """Beside the one that was looked into."""
    doubts, other = Doubts(), Region(500, 100, 160, 160, 60.0)
    doubts.add(PLACE, 10.0)
    assert doubts.believed([other], 10.1) == [other]


def test_what_moves_is_in_doubt_half_as_long() -> None:
    """It may be sharp by now; it may be somebody's shirt, too, so that each doubt lasts longer than the one before."""
    doubts, moved, at = Doubts(), Region(100, 100, 160, 160, 60.0, moved=True), 10.0
    for lasts_s in (0.15, 0.3, 0.6):
        doubts.add(PLACE, at)
        assert doubts.believed([moved], at + 0.4 * lasts_s) != [moved]
        at += 0.6 * lasts_s
        assert doubts.believed([moved], at) == [moved]


def test_an_outline_that_no_grid_lay_on_is_not_new() -> None:
    """In the next frames; elsewhere or of another version it is."""
    doubts = Doubts()
    doubts.outline(OUTLINE, 10.0, measured=True)
    elsewhere = Outline(OUTLINE.corners + np.float32(40), 3)
    assert doubts.new([OUTLINE, elsewhere, Outline(OUTLINE.corners, 4)], 10.1)[0] is elsewhere
    assert len(doubts.new([OUTLINE], 10.1)) == 0
    assert len(doubts.new([OUTLINE], 11.0)) == 1
    assert len(doubts.new([OUTLINE], 9.0)) == 1


def test_an_outline_that_was_only_glanced_at_is_soon_new() -> None:
    """A glance errs more often than a measuring."""
    doubts = Doubts()
    doubts.outline(OUTLINE, 10.0, measured=False)
    assert doubts.new([OUTLINE], 10.1) == []
    assert len(doubts.new([OUTLINE], 10.3)) == 1
