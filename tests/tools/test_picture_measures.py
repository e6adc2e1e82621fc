"""Light and sharpness are measured, and not what is in the picture."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from kiosk.tools.picture_measures import edge_px, light_of, module_px
from tests.hardware.conftest import Studio

Grey = NDArray[np.uint8]


def squares(seed: int, side_px: int, dark: int, light: int) -> Grey:
    few = np.random.default_rng(seed).integers(0, 2, (480 // side_px, 640 // side_px))
    return np.kron(few * (light - dark) + dark, np.ones((side_px, side_px))).astype(np.uint8)


def seen(picture: Grey, blur: float, noise: float) -> Grey:
    """As a lens that is out of focus and a sensor would give it; blur: sigma in pixels; noise: sigma in grey levels."""
    blurred = cv2.GaussianBlur(picture, (0, 0), blur).astype(np.float32)
    return np.clip(blurred + np.random.default_rng(1).normal(0, noise, picture.shape), 0, 255).astype(np.uint8)


@given(
    st.integers(0, 99), st.sampled_from([12, 20, 32]), st.integers(10, 80), st.integers(60, 150),
    st.sampled_from([1.0, 1.5, 2.0, 2.5]), st.sampled_from([0.0, 2.0, 4.0]),
)  # fmt: skip
def test_sharpness_is_the_blur_whatever_is_in_the_picture(
    seed: int, side_px: int, dark: int, contrast: int, blur: float, noise: float
) -> None:
    """Large and small things, much contrast and little, with and without noise: the width is about 2.5 sigma."""
    width = edge_px(seen(squares(seed, side_px, dark, dark + contrast), blur, noise))
    assert width is not None
    assert width == pytest.approx(2.5 * blur, rel=0.35)


@pytest.mark.parametrize("noise", [0.0, 3.0, 10.0])
def test_where_nothing_stands_out_sharpness_is_not_told(noise: float) -> None:
    """A white wall is neither sharp nor blurred, and noise is no edge."""
    assert edge_px(seen(np.full((480, 640), 120, np.uint8), 1.0, noise)) is None


@pytest.mark.parametrize("shape", [(1, 1), (1, 640), (480, 1), (3, 31), (40, 40)])
def test_any_size_of_picture_is_measured(shape: tuple[int, int]) -> None:
    """Nothing raises."""
    assert edge_px(np.zeros(shape, np.uint8)) is None
    assert light_of(np.zeros(shape, np.uint8)).black == 1.0


def test_light_is_the_mean_and_what_is_lost() -> None:
    """A third is burnt out, a third black, a third grey."""
    picture = np.repeat(np.array([255, 0, 120], np.uint8), 100)[None].repeat(60, axis=0)
    light = light_of(picture)
    assert [light.mean, light.burnt, light.black] == pytest.approx([125, 1 / 3, 1 / 3])


def test_modules_are_measured_in_pixels(studio: Studio) -> None:
    """Six pixels a module, as it was drawn; where there is no code, nothing is told."""
    frame = studio.frame(studio.code("ASHYQ:a visitor's own code"))
    corners = ((44, 64), (218, 64), (218, 238), (44, 238))
    assert module_px(frame, corners) == pytest.approx(6, abs=0.2)
    assert module_px(frame, ((400, 300), (500, 300), (500, 400), (400, 400))) is None
    assert module_px(frame, ((0, 0), (1, 1))) is None
