"""Codes are read module by module where their corners are known roughly."""

import cv2
import numpy as np
import pytest

from hardware.modules import Modules, decode, measured
from hardware.qr_layout import Floats, modules_of
from hardware.symbols import Grey, with_zxing
from tests.hardware.shown import code, outline, seen, square

PASS = code("ASHYQ:7K3QW9XE2MZ5T8RV4NBJ", "M")
FLAT = square(70, 70, 150, 12)
FLAT_UPRIGHT = square(70, 70, 150)
TILTED = np.array([[70, 80], [220, 60], [240, 230], [90, 200]], np.float32)
OFF = np.array([[2, -3], [-3, 2], [3, 3], [-2, -3]], np.float32)  # half a module


def read(grey: Grey, corners: Floats) -> set[bytes]:
    """What the rounds of measuring read."""
    found = measured(grey, outline(corners, PASS.version))
    return {payload for modules in found if (payload := decode(modules.version, modules.light)) is not None}


def first(grey: Grey, corners: Floats, version: int = PASS.version) -> Modules | None:
    """What is measured first; None where no code lies."""
    return next(measured(grey, outline(corners, version)), None)


@pytest.mark.parametrize("corners", [FLAT, TILTED], ids=["turned", "tilted"])
@pytest.mark.parametrize(("dark", "bright"), [(30, 220), (220, 30), (120, 140)], ids=["plain", "inverted", "faint"])
@pytest.mark.parametrize("off", [0, 1])
def test_a_code_is_read_where_its_corners_are_roughly(corners: Floats, dark: int, bright: int, off: int) -> None:
    """However it is held, dark on light or light on dark, with corners that are off by half a module."""
    grey = seen(PASS.light, corners, dark=dark, bright=bright, noise=2)
    assert read(grey, corners + off * OFF) == {PASS.payload}


@pytest.mark.parametrize("off", [(1, 0), (0, 1), (-1, 0), (0, -1), (0.7, 0.7), (-0.7, 0.7)])
def test_a_place_that_is_off_is_mended(off: tuple[float, float]) -> None:
    """By most of a module in any direction: the grid is moved onto the patterns."""
    grey, module_px = seen(PASS.light, FLAT), 150 / modules_of(PASS.version)
    assert read(grey, FLAT + np.array(off, np.float32) * np.float32(0.7 * module_px)) == {PASS.payload}


def test_a_code_on_bent_paper_is_read() -> None:
    """Its rows are arcs, a module high: zxing-cpp reads nothing."""
    grey = seen(PASS.light, FLAT_UPRIGHT)
    x, y = np.meshgrid(np.arange(320, dtype=np.float32), np.arange(320, dtype=np.float32))
    arc = 6 * (((x - 145) / 75) ** 2 - 1)
    bent = cv2.remap(grey, x, (y + arc).astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    assert with_zxing(bent.astype(np.uint8))[0] == []
    assert read(bent.astype(np.uint8), FLAT_UPRIGHT) == {PASS.payload}


def test_motion_is_undone() -> None:
    """A streak of nearly two modules: zxing-cpp reads nothing, the equalised modules are right."""
    grey = seen(PASS.light, FLAT, streak_px=11)
    assert with_zxing(grey)[0] == []
    assert read(grey, FLAT) == {PASS.payload}


def test_a_blurred_code_is_read() -> None:
    """An unfocused lens: zxing-cpp only locates it."""
    grey = seen(PASS.light, FLAT, blur_px=3.5)
    symbols, [located] = with_zxing(grey)
    assert symbols == []
    assert read(grey, located.corners) == {PASS.payload}


def test_a_wrong_place_gives_nothing() -> None:
    """Beside the code, over half of it, or on noise: there are no patterns to lie on."""
    grey = seen(PASS.light, FLAT)
    noise = np.random.default_rng(1).integers(0, 256, (320, 320)).astype(np.uint8)
    assert first(grey, square(0, 0, 60)) is None
    assert first(grey, FLAT + 90) is None
    assert first(noise, FLAT) is None
    assert first(grey, FLAT, 9) is None


def test_corners_beyond_the_picture_stop_nothing() -> None:
    """A code that is half out of view has corners out there."""
    grey = seen(PASS.light, FLAT - 100)
    assert read(grey, FLAT - 100) == set()
    assert first(grey, square(-400, -300, 150)) is None


@pytest.mark.parametrize("corners", [square(-1e7, -1e7, 2e7), FLAT * np.float32(np.nan)], ids=["vast", "nowhere"])
def test_corners_of_no_code_cost_nothing(corners: Floats) -> None:
    """A code far larger than the frame, or that lies nowhere, is not measured."""
    assert first(seen(PASS.light, FLAT), corners) is None


def test_what_is_blurred_agrees_less_and_is_less_sure() -> None:
    """Agreement and odds say how far the modules are to be believed."""
    sharp, soft = (first(seen(PASS.light, FLAT, blur_px=px), FLAT) for px in (0.6, 4.5))
    assert sharp is not None
    assert soft is not None
    assert sharp.agreement > soft.agreement
    assert np.abs(sharp.log_odds).mean() > np.abs(soft.log_odds).mean()


def test_each_round_is_better_than_the_one_before() -> None:
    """What came out serves as pattern and training: corners off by two modules, and a lens out of focus."""
    grey = seen(PASS.light, TILTED, blur_px=2.5, noise=8)
    rounds = list(measured(grey, outline(TILTED + 4 * OFF, PASS.version)))
    wrong = [float(((modules.light < 0) != (PASS.light < 0)).mean()) for modules in rounds]
    assert wrong[0] > 0.2
    assert min(wrong) < 0.03
    assert wrong[int(np.argmax([modules.sureness for modules in rounds]))] < 0.05


def test_what_a_reflection_hides_is_not_sure() -> None:
    """Modules under a patch of one shade count for little; the others as before."""
    grey = seen(PASS.light, FLAT_UPRIGHT)
    grey[130:200, 140:210] = 255
    modules = first(grey, FLAT_UPRIGHT)
    assert modules is not None
    hidden = np.s_[13:18, 15:20]
    assert np.abs(modules.log_odds[hidden]).max() < 1.0
    assert np.abs(modules.log_odds[:6, :6]).mean() > 3.0


@pytest.mark.parametrize("version", [1, 2, 7, 20])
def test_noise_holds_no_payload(version: int) -> None:
    """The code's error correction refuses what is none."""
    for seed in range(20):
        noise = np.random.default_rng(seed).normal(0, 1, (modules_of(version),) * 2).astype(np.float32)
        assert decode(version, noise) is None


@pytest.mark.parametrize("payload", [b"A", b"\x00\xff\x80", "Сәлем".encode(), b"7" * 300])
def test_payloads_are_exact(payload: bytes) -> None:
    """Every byte that was written, whatever mode it was written in."""
    shown = code(payload)
    assert decode(shown.version, shown.light) == payload


@pytest.mark.parametrize("version", [25, 26, 40])
def test_the_largest_codes_stop_nothing(version: int) -> None:
    """They are measured, if only once; what is in them is read or not."""
    large, corners = code(b"A" * 20, version=version), square(20, 20, 700, 1)
    grey = seen(large.light, corners, size=(760, 760), noise=10)
    rounds = list(measured(grey, outline(corners, version)))
    assert rounds
    assert all(modules.light.shape == large.light.shape for modules in rounds)


def test_the_outline_is_where_the_grid_lies() -> None:
    """Nearer to the code's corners than what it began with."""
    grey = seen(PASS.light, TILTED)
    *_, modules = measured(grey, outline(TILTED + OFF, PASS.version))
    assert np.abs(modules.outline.corners - TILTED).max() < 1.5
