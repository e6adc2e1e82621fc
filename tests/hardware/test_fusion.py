"""Frames of one code add up, frames of another don't."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hardware import modules as codes
from hardware.fusion import Fusion
from hardware.modules import Modules, decode
from hardware.qr_layout import Floats
from tests.hardware.shown import code, outline, seen, square

PASS = code("ASHYQ:7K3QW9XE2MZ5T8RV4NBJ", "M")
OTHER = code("ASHYQ:XC4PLM2HQ8ZT6WBK3RNE", "M")


def measured(light: Floats, *, noise: float, seed: int, version: int = PASS.version) -> Modules:
    """Modules as a frame with noise gives them."""
    random = np.random.default_rng(seed)
    return Modules(
        outline(square(0, 0, 100), version),
        (light + random.normal(0, noise, light.shape)).astype(np.float32),
        np.ones(light.shape, np.float32),
        0.7,
    )


def test_frames_decode_together_that_do_not_alone() -> None:
    """Their noise differs, the code does not."""
    fusion, total = Fusion(), None
    for number in range(5):
        modules = measured(PASS.light, noise=1.0, seed=number)
        assert decode(modules.version, modules.light) is None
        total = fusion.add(modules, 0.1 * number)
    assert total is not None
    assert decode(PASS.version, total) == PASS.payload


def test_pictures_decode_together_that_do_not_alone() -> None:
    """The same from the picture on: a faint code in a noisy camera."""
    fusion, total, corners = Fusion(), None, square(70, 70, 100, 5)
    for number in range(6):
        grey = seen(PASS.light, corners, dark=90, bright=130, noise=30, seed=number)
        [*_, modules] = codes.measured(grey, outline(corners, PASS.version))
        assert decode(modules.version, modules.light) is None
        total = fusion.add(modules, 0.1 * number)
    assert total is not None
    assert decode(PASS.version, total) == PASS.payload


def test_one_frame_is_no_sum() -> None:
    """What it holds was tried already."""
    assert Fusion().add(measured(PASS.light, noise=0.1, seed=1), 1.0) is None


def test_another_code_starts_anew() -> None:
    """Its modules are not mixed with those of the one before, and two frames of it are a sum of it alone."""
    fusion = Fusion()
    for at in (0.0, 0.1):
        fusion.add(measured(PASS.light, noise=0.1, seed=1), at)
    assert fusion.add(measured(OTHER.light, noise=0.1, seed=2), 0.2) is None
    total = fusion.add(measured(OTHER.light, noise=0.1, seed=3), 0.3)
    assert total is not None
    assert decode(OTHER.version, total) == OTHER.payload


def test_old_sums_are_forgotten() -> None:
    """After a second it is somebody else's code; and a clock that went back proves nothing."""
    for later in (2.0, -1.0):
        fusion = Fusion()
        fusion.add(measured(PASS.light, noise=0.1, seed=1), 1.0)
        assert fusion.add(measured(PASS.light, noise=0.1, seed=1), 1.0 + later) is None


def test_a_code_that_was_read_is_forgotten() -> None:
    """The next one begins with nothing."""
    fusion = Fusion()
    fusion.add(measured(PASS.light, noise=0.1, seed=1), 1.0)
    fusion.forget()
    assert fusion.add(measured(PASS.light, noise=0.1, seed=1), 1.1) is None


def test_versions_are_kept_apart() -> None:
    """A frame that is measured as another version disturbs no sum."""
    fusion, large = Fusion(), code("A", version=5)
    assert fusion.add(measured(PASS.light, noise=0.1, seed=1), 1.0) is None
    assert fusion.add(measured(large.light, noise=0.1, seed=1, version=5), 1.1) is None
    assert fusion.add(measured(PASS.light, noise=0.1, seed=2), 1.2) is not None


@given(st.floats(1e-3, 50))
def test_one_frame_that_is_far_off_does_not_rule(height: float) -> None:
    """Values far beyond light and dark count as light and dark."""
    fusion, lies = Fusion(), outline(square(0, 0, 100), PASS.version)
    fusion.add(measured(PASS.light, noise=0.1, seed=1), 1.0)
    light = (PASS.light * np.float32(height)).astype(np.float32)
    total = fusion.add(Modules(lies, light, np.ones_like(light), 0.7), 1.1)
    assert total is not None
    assert np.isfinite(total).all()
    sure = Modules(lies, PASS.light * 50, np.ones_like(light), 0.7)
    assert float(np.abs(total).max()) <= 2 * float(np.abs(sure.log_odds).max())
