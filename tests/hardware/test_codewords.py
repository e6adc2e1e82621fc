"""Codes are rescued by how sure each of their bits is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from hardware.codewords import LARGEST_VERSION, has_few_checks, repaired
from hardware.modules import decode
from hardware.qr_layout import Floats, modules_of
from tests.hardware.shown import code

SURE = np.float32(4)  # the odds of a module that came out as light or dark
PASS = b"ASHYQ:7K3QW9XE2MZ5T8RV4NBJ"


@pytest.mark.parametrize("version", range(1, LARGEST_VERSION + 1))
@pytest.mark.parametrize("error", "LMQH")
def test_a_clean_code_stays_as_it_is(version: int, error: str) -> None:
    """All versions, all levels, all masks: layout, blocks and format are those that another encoder uses."""
    for mask in range(version % 2, 8, 2):
        shown = code("A1", error, version=version, mask=mask)
        drawn = repaired(version, shown.light * SURE)
        assert drawn is not None
        assert np.array_equal(drawn, shown.light)


def _hidden(light: Floats, share: float, seed: int = 0) -> Floats:
    """The lower right hidden by something in one shade: what is measured there is small and by chance."""
    hidden = light.copy()
    start = round(len(light) * (1 - share))
    random = np.random.default_rng(seed)
    hidden[start:, start:] = random.normal(0, 0.05, hidden[start:, start:].shape)
    return hidden


@pytest.mark.parametrize(("error", "share"), [("L", 0.3), ("M", 0.4), ("Q", 0.45), ("H", 0.5)])
def test_a_hidden_part_is_computed(error: str, share: float) -> None:
    """More is hidden than a decoder corrects that counts each doubtful codeword as right or wrong."""
    shown = code(PASS, error)
    light = _hidden(shown.light, share)
    assert decode(shown.version, light) is None
    drawn = repaired(shown.version, light * SURE)
    assert drawn is not None
    assert decode(shown.version, drawn) == PASS


def test_a_logo_in_sure_shades_is_doubted() -> None:
    """It is as black and white as modules are, so that its place alone betrays it."""
    shown = code(PASS, "Q")
    light, n = shown.light.copy(), len(shown.light)
    middle = slice(round(n * 0.34), round(n * 0.66))
    light[middle, middle] = -1
    assert decode(shown.version, light) is None
    drawn = repaired(shown.version, light * SURE)
    assert drawn is not None
    assert np.array_equal(drawn, shown.light)


def test_a_format_that_is_half_gone_is_told_from_the_rest() -> None:
    """Both copies count together: one hidden and the other with wrong modules still says level and mask."""
    shown = code(PASS, "M", mask=5)
    light = shown.light.copy()
    light[8, -8:] = light[-7:, 8] = 0.0
    light[8, :3] *= -1
    drawn = repaired(shown.version, light * SURE)
    assert drawn is not None
    assert np.array_equal(drawn, shown.light)


def test_too_much_hidden_gives_nothing() -> None:
    """No guess is made."""
    shown = code(PASS, "L")
    assert repaired(shown.version, _hidden(shown.light, 0.95) * SURE) is None


@pytest.mark.parametrize("version", [2, 5, 9, 14])
def test_garbage_gives_nothing(version: int) -> None:
    """Modules of noise hold no code."""
    rng = np.random.default_rng(version)
    for _ in range(15):
        light = rng.normal(0, 1, (modules_of(version),) * 2).astype(np.float32)
        assert repaired(version, light * SURE) is None


def test_garbage_in_the_smallest_code_is_never_read() -> None:
    """Version 1 has the fewest check codewords to agree: what passes must still hold a message to be read."""
    rng = np.random.default_rng(1)
    read = []
    for _ in range(250):
        light = rng.normal(0, 1, (21, 21)).astype(np.float32)
        drawn = repaired(1, light * SURE)
        read += [] if drawn is None else [decode(1, drawn)]
    assert [payload for payload in read if payload is not None] == []


def test_odds_that_are_no_numbers_are_believed_nothing() -> None:
    """No comparison with them holds, so that they must not pass for evidence."""
    light = np.full((modules_of(2),) * 2, np.nan, np.float32)
    with np.errstate(invalid="ignore"):
        assert repaired(2, light) is None


@pytest.mark.parametrize("version", [LARGEST_VERSION + 1, 40])
def test_larger_versions_are_left_alone(version: int) -> None:
    """Their blocks are in no table here."""
    assert repaired(version, code("A", version=version).light * SURE) is None


@given(
    st_numpy.arrays(np.float32, (25, 25), elements=st.floats(-4, 4, width=32)),
    st.integers(0, 24),
    st.sampled_from("LMQH"),
)
def test_what_was_measured_is_left_as_it_was(noise: Floats, rows: int, error: str) -> None:
    """And what comes back is a code that decodes, whatever lies over some of it."""
    light = code("A1", error, version=2).light
    light[:rows] = noise[:rows]
    before = light.copy()
    drawn = repaired(2, light)
    assert np.array_equal(light, before)
    if drawn is not None:
        assert set(np.unique(drawn)) == {-1.0, 1.0}
        again = repaired(2, drawn * SURE)
        assert again is not None
        assert np.array_equal(again, drawn)


@pytest.mark.parametrize("version", [1, 2, 3, LARGEST_VERSION])
def test_small_codes_are_known(version: int) -> None:
    """Blocks with up to ten check codewords: the two lowest levels of version 1, and the lowest of version 2."""
    small = [error for error in "LMQH" if has_few_checks(version, code("A1", error, version=version).light * SURE)]
    assert small == {1: ["L", "M"], 2: ["L"]}.get(version, [])


def test_the_largest_codes_are_not_small() -> None:
    """Those that are in no table here."""
    assert not has_few_checks(LARGEST_VERSION + 1, code("A", version=LARGEST_VERSION + 1).light)
