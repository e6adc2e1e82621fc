"""Where in a frame a code may be."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from hardware.regions import Region, RegionFinder, around, dense_regions
from hardware.symbols import Grey
from tests.bench.halls import hall
from tests.hardware.shown import code, flat

PASS = code("ASHYQ:7K3QW9XE2MZ5T8RV4NBJ", "M")
SIDE = (25 + 8) * 5


def _hall(seed: int = 5) -> Grey:
    rng = np.random.default_rng(seed)
    behind = hall(rng)
    return np.clip(behind + rng.normal(0, 3, behind.shape), 0, 255).astype(np.uint8)


def _with_code(frame: Grey, left: int, top: int) -> Grey:
    held = frame.copy()
    held[top : top + SIDE, left : left + SIDE] = (flat(PASS.light, 5) * 0.7 + 30).astype(np.uint8)
    return held


def _holds(region: Region, left: int, top: int) -> bool:
    """Whether the cut has the whole code in it, and is not much more than it."""
    cut, cut_left, cut_top = region.cut(np.zeros((720, 1280), np.uint8))
    inside = cut_left <= left + 20 and cut_top <= top + 20
    return (
        inside
        and cut_left + cut.shape[1] >= left + SIDE - 20
        and cut_top + cut.shape[0] >= top + SIDE - 20
        and max(cut.shape) < 3 * SIDE
    )


@pytest.mark.parametrize("seed", range(6))
def test_a_code_in_a_hall_is_found(seed: int) -> None:
    """Among shelves, blinds, posters and somebody who holds it: as the likeliest place."""
    frame = _with_code(_hall(seed), 500, 260)
    assert _holds(RegionFinder().find(frame, 2, 0.0)[0], 500, 260)


@pytest.mark.parametrize("waves", [0.2, 0.4])
def test_a_code_on_a_screen_with_waves_is_found_by_itself(waves: float) -> None:
    """The beat of its pixels with the camera's makes all of the screen dense, though less so than the code."""
    x, y = np.meshgrid(np.arange(1280), np.arange(720))
    frame = _with_code(np.full((720, 1280), 150, np.uint8), 500, 260).astype(np.float32)
    beat = 1 + waves * np.sin(x * 1.4 + y * 0.3) * np.sin(y * 1.1 - x * 0.4)
    screen = (abs(x - 582) < 200) & (abs(y - 342) < 300)
    frame = np.where(screen, np.clip(frame * beat, 0, 255), 90)
    found = RegionFinder().find(frame.astype(np.uint8), 2, 0.0)
    assert any(_holds(region, 500, 260) for region in found)


def test_more_of_a_code_is_taken_rather_than_less() -> None:
    """Its lower half in a shadow is less dense than the other, and still belongs to it."""
    frame = _with_code(np.full((720, 1280), 100, np.uint8), 500, 260)
    frame[342:] = frame[342:] // 2
    assert _holds(RegionFinder().find(frame, 1, 0.0)[0], 500, 260)


def _patterns() -> dict[str, Grey]:
    x, y = np.meshgrid(np.arange(1280), np.arange(720))
    within = (abs(x - 640) < 150) & (abs(y - 360) < 150)
    return {
        "nothing": np.full((720, 1280), 90, np.uint8),
        "chequers": np.where(within, (x // 14 + y // 14) % 2 * 120 + 60, 90).astype(np.uint8),
        "blinds": np.where(within, y // 8 % 2 * 120 + 60, 90).astype(np.uint8),
        "railings": np.where(within, x // 8 % 2 * 120 + 60, 90).astype(np.uint8),
        "an edge": np.where(x > 600, 200, 30).astype(np.uint8),
    }


@pytest.mark.parametrize("name", list(_patterns()))
def test_patterns_are_less_likely_than_codes(name: str) -> None:
    """What repeats itself, or changes in one direction only, is no place to spend time on."""
    likely = _with_code(_patterns()["nothing"], 500, 260)
    [of_code, *_] = RegionFinder().find(likely, 1, 0.0)
    assert all(region.likeness < 0.3 * of_code.likeness for region in RegionFinder().find(_patterns()[name], 2, 0.0))


def test_what_moved_comes_first() -> None:
    """Of two codes the one in a hand; the poster that hangs there is told to be still."""
    behind, finder = _with_code(_hall(), 100, 100), RegionFinder()
    first = finder.find(_with_code(behind, 800, 400), 2, 0.0)
    assert {region.moved for region in first} == {None}
    held, poster = finder.find(_with_code(behind, 811, 407), 2, 0.1)
    assert (held.moved, poster.moved) == (True, False)
    assert _holds(held, 811, 407)
    assert _holds(poster, 100, 100)


class _Looks:
    """Tells the same likeness of every place, and notes in which search it was asked."""

    def __init__(self, told: float) -> None:
        self.told, self.search, self.asked = told, 0, list[int]()

    def __call__(self, _half: Grey, left: int, top: int, *_: int) -> float:
        if 200 < left < 400 and top < 200:  # the code's; the hall has other places
            self.asked.append(self.search)
        return self.told


@pytest.mark.parametrize(
    ("lefts", "told", "asked"),
    [
        ([500] * 6, 0.9, [0, 4]),
        ([500] * 6, 0.2, [0, 4]),
        ([500, 511, 522, 533, 544, 555], 0.2, [0, 2, 4]),
        ([500, 511, 522, 533, 544, 555], 0.5, [0, 1, 2, 3, 4, 5]),
        ([500, 511, 522, 522, 522, 522], 0.2, [0, 2, 3]),
    ],
    ids=["a poster", "hardly a code", "a shirt that goes by", "perhaps a code that moves", "what comes to rest"],
)
def test_what_was_told_of_a_place_holds_for_a_moment(lefts: list[int], told: float, asked: list[int]) -> None:
    """Half a second where nothing moves; what moves and was hardly a code may be one soon, or when it comes to rest."""
    looks, behind = _Looks(told), _hall()
    finder = RegionFinder(looks)
    for number, left in enumerate(lefts):
        looks.search = number
        found = finder.find(_with_code(behind, left, 260), 4, number * 0.13)
        [place] = [region for region in found if _holds(region, left, 260)]
        assert place.likeness == told
        assert place.moved is (None if number == 0 else left != lefts[number - 1])
    assert sorted(set(looks.asked)) == asked


def test_what_may_be_a_code_comes_before_what_moves_and_is_hardly_one() -> None:
    """A shirt goes by a code that lies still."""
    behind = _with_code(_hall(), 100, 100)
    finder = RegionFinder(lambda _half, left, *_: 0.99 if left < 150 else 0.2)
    finder.find(_with_code(behind, 800, 400), 2, 0.0)
    first, *_ = finder.find(_with_code(behind, 811, 407), 2, 0.1)
    assert _holds(first, 100, 100)
    assert not first.moved


def test_what_both_of_two_regions_share() -> None:
    """Nothing, all, or the part of both together that lies in both."""
    region = Region(0, 0, 100, 100, 1.0)
    assert region.shared(region) == 1.0
    assert region.shared(Region(100, 0, 100, 100, 1.0)) == 0.0
    assert region.shared(Region(50, 0, 100, 100, 1.0)) == pytest.approx(1 / 3)


def test_light_that_changes_moves_nothing() -> None:
    """A lamp or the camera's exposure makes all lighter."""
    frame, finder = _with_code(_hall(), 500, 260), RegionFinder()
    finder.find(frame, 2, 0.0)
    lighter = np.clip(frame.astype(np.int16) + 40, 0, 255).astype(np.uint8)
    lighter_code = {region.moved for region in finder.find(lighter, 1, 0.1)}
    assert lighter_code == {False}


def test_a_camera_that_moves_tells_nothing() -> None:
    """When all has changed, nothing is told to have moved or to stand still."""
    rng, finder = np.random.default_rng(1), RegionFinder()
    frames = [rng.integers(0, 256, (720, 1280)).astype(np.uint8) for _ in range(2)]
    for number, frame in enumerate(frames):
        found = finder.find(_with_code((frame // 4).astype(np.uint8), 500, 260), 2, number * 0.1)
    assert {region.moved for region in found} <= {None}


def test_another_size_of_picture_is_compared_with_nothing() -> None:
    """A camera that was changed for another."""
    finder = RegionFinder()
    finder.find(_hall()[:480, :640], 2, 0.0)
    assert {region.moved for region in finder.find(_with_code(_hall(), 500, 260), 2, 0.1)} == {None}


@pytest.mark.parametrize("size", [(1, 1), (63, 2000), (2000, 63), (20, 20)])
def test_tiny_pictures_give_nothing(size: tuple[int, int]) -> None:
    """There is no room for a code that one look would miss."""
    noise = np.random.default_rng(1).integers(0, 256, size).astype(np.uint8)
    assert RegionFinder().find(noise, 2, 0.0) == []


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    st_numpy.arrays(np.uint8, (12, 15)),
    st.integers(64, 200),
    st.integers(64, 260),
    st.booleans(),
    st.integers(0, 3),
)
def test_regions_lie_in_the_frame(small: Grey, height: int, width: int, noisy: bool, most: int) -> None:
    """Of any picture, of any size: as many as were asked for, likeliest first, and cuts that are not empty."""
    frame = np.kron(small, np.ones((18, 18), np.uint8))[:height, :width]
    if noisy:
        frame = np.random.default_rng(height).integers(0, 256, frame.shape).astype(np.uint8) // 2 + frame // 2
    finder = RegionFinder()
    for number in range(2):
        regions = finder.find(frame, most, number * 0.1)
        assert len(regions) <= most
        for region in regions:
            assert region.left >= 0
            assert region.top >= 0
            assert region.left + region.width <= frame.shape[1] + 1
            assert region.top + region.height <= frame.shape[0] + 1
            cut, left, top = region.cut(frame)
            assert cut.size
            assert np.array_equal(cut, frame[top : top + cut.shape[0], left : left + cut.shape[1]])
            cut[:] = 0  # a copy: the frame is others' too
    likeness = [region.likeness for region in dense_regions(np.ascontiguousarray(frame[::2, ::2]), 3)]
    assert likeness == sorted(likeness, reverse=True)


def test_regions_overlap_when_one_lies_mostly_in_the_other() -> None:
    """A place that is tried already is not tried again."""
    large, small = Region(0, 0, 100, 100, 1.0), Region(60, 10, 40, 40, 1.0)
    assert large.overlaps(small)
    assert small.overlaps(large)
    assert not large.overlaps(Region(90, 90, 40, 40, 1.0))
    assert not large.overlaps(Region(300, 0, 40, 40, 1.0))


def test_corners_beyond_the_frame_are_cut_off() -> None:
    """A code at the edge is looked for in what is seen of it."""
    frame = np.zeros((100, 100), np.uint8)
    region = around(np.array([[-30, -20], [40, -20], [40, 50], [-30, 50]], np.float32))
    cut, left, top = region.cut(frame)
    assert (left, top) == (0, 0)
    assert cut.shape[0] > 50
