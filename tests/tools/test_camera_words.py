"""The words for a camera's picture: one judgement for each measure, without gaps, and no better for a worse picture."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from kiosk.tools.camera_words import (
    LatestCode,
    Light,
    Second,
    block,
    light_words,
    line,
    median,
    module_words,
    sharpness_words,
)

SHARES = st.floats(0, 1)
LIGHTS = st.builds(Light, st.floats(0, 255), SHARES, SHARES)
SHARPNESS = ["good", "a little soft", "blurred"]
SIZES = ["too small", "just large enough", "large enough"]
SECONDS = st.builds(
    Second,
    fps=st.floats(0, 240),
    asked_fps=st.none() | st.integers(1, 120),
    size=st.none() | st.tuples(st.integers(1, 9999), st.integers(1, 9999)),
    pixel_format=st.sampled_from([None, "MJPG"]),
    read_frames=st.integers(0, 60),
    with_code=st.integers(0, 60),
    cpu_ms=st.floats(0, 1e4),
    light=st.none() | LIGHTS,
    edge_px=st.none() | st.floats(1, 20),
    latest=st.none()
    | st.builds(
        LatestCode, st.sampled_from(["QR code", "bar code"]), st.integers(0, 2953), st.just("whole"),
        st.none() | st.floats(0.1, 99),
    ),
    is_located=st.booleans(),
    hint=st.sampled_from([None, "closer", "hold_still", "brighter", "unheard of"]),
)  # fmt: skip


def rank(words: str, order: list[str]) -> int:
    [place] = [place for place, start in enumerate(order) if words.startswith(start)]
    return place


@given(LIGHTS, st.floats(0, 255), SHARES)
def test_more_light_never_makes_a_picture_too_dark(light: Light, more: float, burnt: float) -> None:
    """And less never makes one too bright."""
    lighter = Light(max(light.mean, more), max(light.burnt, burnt), light.black / 2)
    if light_words(light) in ("good", "too bright"):
        assert light_words(lighter) in ("good", "too bright")
    if light_words(lighter) in ("good", "too dark"):
        assert light_words(light) in ("good", "too dark", "too much contrast: light from behind")


def test_light_in_words() -> None:
    """An ordinary hall, night, a lamp into the lens, a door into the sun."""
    assert light_words(Light(117, 0.01, 0.02)) == "good"
    assert light_words(Light(12, 0.0, 0.6)) == "too dark"
    assert light_words(Light(230, 0.5, 0.0)) == "too bright"
    assert light_words(Light(120, 0.3, 0.6)).startswith("too much contrast")


@given(st.floats(0, 50), st.floats(0, 50))
def test_a_wider_edge_is_never_sharper(one: float, other: float) -> None:
    """The words follow the measure."""
    narrow, wide = sorted((one, other))
    assert rank(sharpness_words(narrow), SHARPNESS) <= rank(sharpness_words(wide), SHARPNESS)


@given(st.floats(0, 50), st.floats(0, 50))
def test_a_larger_module_is_never_too_small(one: float, other: float) -> None:
    """The words follow the measure."""
    small, large = sorted((one, other))
    assert rank(module_words(small), SIZES) <= rank(module_words(large), SIZES)


@given(SECONDS)
def test_every_second_can_be_told_on_one_line(second: Second) -> None:
    """Whatever was measured, or could not be; each name stands there once."""
    told = line(second)
    assert told.isprintable()
    names = [name for name, _ in block(second)]
    assert len(set(names)) == len(names)
    assert all(value and value in told for _, value in block(second))
    assert ("sharpness" in names) == (second.light is not None)
    assert ("in view" in names) == second.is_located


def test_a_camera_that_gives_nothing_is_told() -> None:
    """A second without any frame says so, and judges nothing."""
    nothing = Second(0.0, 30, None, "MJPG", 0, 0, 0.0, None, None, None)
    assert line(nothing) == "frames: none | reading: no frame read | read last: nothing yet"
    bar = replace(nothing, latest=LatestCode("bar code", 13, "bar", None))
    assert line(bar).endswith("read last: a bar code of 13 bytes, step bar")


@given(st.lists(st.floats(0, 1e6)))
def test_the_median_is_one_of_the_values(values: list[float]) -> None:
    """Or 0, where there are none."""
    assert median(values) in (values or [0.0])
