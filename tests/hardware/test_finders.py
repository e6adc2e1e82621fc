"""Places of finder patterns."""

import cv2
import numpy as np
import pytest

from hardware.finders import LARGEST_PX, MOST, finder_places
from hardware.qr_layout import DARK, LIGHT, Floats


def _finder(module_px: float, at: tuple[int, int], noise: float = 0.0, size: tuple[int, int] = (240, 240)) -> Floats:
    """A made-even picture of one dark finder pattern."""
    modules = np.full((9, 9), LIGHT, np.float32)
    modules[1:8, 1:8], modules[2:7, 2:7], modules[3:6, 3:6] = DARK, LIGHT, DARK
    onto = np.array([[module_px, 0, at[0] - 4 * module_px], [0, module_px, at[1] - 4 * module_px]], np.float32)
    seen = cv2.warpAffine(modules, onto, size, flags=cv2.INTER_NEAREST, borderValue=0)
    return (seen + np.random.default_rng(1).normal(0, noise, seen.shape)).astype(np.float32)


@pytest.mark.parametrize("module_px", [2.1, 3.2, 4.4, 5.8])
@pytest.mark.parametrize("sign", [1, -1], ids=["dark", "light"])
@pytest.mark.parametrize("noise", [0.0, 0.6], ids=["clean", "noisy"])
def test_a_finder_pattern_is_placed_and_sized(module_px: float, sign: int, noise: float) -> None:
    """Within a pixel or two, and a fifth of its size."""
    places = dict(finder_places(_finder(module_px, (90, 130), noise) * np.float32(sign)))[sign]
    x, y, size, score = places[0]
    assert np.hypot(x - 90, y - 130) < 2
    assert size == pytest.approx(module_px, rel=0.2)
    assert score > 0.5


def test_the_best_places_come_first_and_apart() -> None:
    """And no more than `MOST`."""
    for _, places in finder_places(_finder(4.0, (60, 60), 0.8)):
        assert len(places) <= MOST
        assert (np.diff(places[:, 3]) <= 0).all()
        apart = np.abs(places[:, None, :2] - places[None, :, :2]).sum(axis=2) + 1000 * np.eye(len(places))
        assert apart.min() > 8


@pytest.mark.parametrize("size", [(1, 1), (240, 1), (3, 240), (LARGEST_PX, LARGEST_PX)])
def test_a_flat_picture_has_none(size: tuple[int, int]) -> None:
    """Of any size."""
    assert [len(places) for _, places in finder_places(np.zeros(size, np.float32))] == [0, 0]
