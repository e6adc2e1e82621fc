"""A still scene is noticed; a code that is put before the camera never is overlooked."""

from typing import Any

import cv2
import numpy as np
import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware import stillness
from hardware.frames import averaged
from hardware.stillness import Stillness, StillnessRules

RULES = StillnessRules()
WIDTH, HEIGHT = 640, 360


def place(seed: int) -> Any:
    """An entrance: fields of several shades, soft edges."""
    random = np.random.default_rng(seed)
    fields = random.integers(30, 200, (9, 16)).astype(np.float32)
    return cv2.resize(fields, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)


def code(size: int, dark: int, light: int) -> Any:
    """A QR code with its quiet zone, `size` pixels wide."""
    matrix = np.array(segno.make("ASHYQ1:" + "A" * 60, micro=False).matrix, np.uint8)
    modules = np.pad(1 - matrix, 4, constant_values=1)
    return cv2.resize(np.where(modules, light, dark).astype(np.float32), (size, size), interpolation=cv2.INTER_AREA)


def seen(picture: Any, noise: float, random: np.random.Generator) -> Any:
    """What the sensor makes of it, coarse: of 64 pixels' noise an eighth is left."""
    cells = averaged(np.clip(picture, 0, 255).astype(np.uint8))
    return np.clip(np.rint(cells + random.normal(0, noise / 8, cells.shape)), 0, 255).astype(np.uint8)


def rest(picture: Any, noise: float, random: np.random.Generator, seconds: float = 5.0) -> tuple[Stillness, float, int]:
    """A scene in which nothing happens, ten pictures a second; returns it, the time, and how many changes were seen."""
    scene, at, changes = Stillness(), 0.0, 0
    for number in range(int(seconds * 10)):
        at = number / 10
        scene, has_changed = stillness.look(scene, seen(picture, noise, random), at)
        changes += has_changed
    return scene, at, changes


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 999), st.floats(0, 12))
def test_a_scene_without_change_comes_to_rest(seed: int, noise: float) -> None:
    """By day and, with its noise, at night: only the first picture is news."""
    random = np.random.default_rng(seed)
    scene, at, changes = rest(place(seed), noise, random)
    assert changes <= 2
    assert stillness.is_still(scene, at, RULES)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 999),
    st.floats(0, 8),
    st.integers(96, 240),
    st.sampled_from([(0, 255), (255, 0), (20, 60), (60, 20), (90, 130), (10, 40)]),
    st.data(),
)
def test_a_code_that_appears_is_seen_in_the_very_first_picture(
    seed: int, noise: float, size: int, shades: tuple[int, int], data: st.DataObject
) -> None:
    """Paper, a bright phone, a dark one, of low contrast, at night, large and small, anywhere: quietly put there."""
    random = np.random.default_rng(seed)
    picture = place(seed)
    scene, at, _ = rest(picture, noise, random)
    left, top = data.draw(st.integers(0, WIDTH - size)), data.draw(st.integers(0, HEIGHT - size))
    shown = picture.copy()
    shown[top : top + size, left : left + size] = code(size, *shades)
    _, has_changed = stillness.look(scene, seen(shown, noise, random), at + 0.1)
    assert has_changed


@pytest.mark.parametrize("steps", [10, 100, 300])
def test_a_code_that_appears_slowly_is_seen(steps: int) -> None:
    """A screen that fades in for half a minute differs little from picture to picture, but much from the beginning."""
    random = np.random.default_rng(5)
    picture = place(5)
    scene, at, _ = rest(picture, 2.0, random)
    shown = picture.copy()
    shown[100:260, 200:360] = code(160, 0, 255)
    woken = 0
    for step in range(1, steps + 1):
        mixed = picture + (shown - picture) * (step / steps)
        scene, has_changed = stillness.look(scene, seen(mixed, 2.0, random), at + step / 10)
        woken += has_changed
    assert woken


def test_light_that_changes_slowly_wakes_nothing() -> None:
    """Dusk, and the camera's exposure that follows it."""
    random = np.random.default_rng(6)
    scene, at, _ = rest(place(6), 2.0, random)
    woken = 0
    for step in range(100):
        scene, has_changed = stillness.look(scene, seen(place(6) - step / 12, 2.0, random), at + step / 10)
        woken += has_changed
    assert woken == 0


def test_light_that_goes_on_wakes() -> None:
    """Somebody has come."""
    random = np.random.default_rng(7)
    scene, at, _ = rest(place(7), 2.0, random)
    assert stillness.look(scene, seen(place(7) + 30, 2.0, random), at + 0.1)[1]


def test_rising_noise_is_learned() -> None:
    """The light goes out, the gain goes up: after some pictures that is how the scene is."""
    random = np.random.default_rng(8)
    scene, at, _ = rest(place(8), 0.5, random)
    for number in range(100):
        at += 0.1
        scene, has_changed = stillness.look(scene, seen(place(8), 14.0, random), at)
        if number >= 60:
            assert not has_changed


def read(scene: Stillness, at: float, *codes: str, located: bool = False) -> Stillness:
    return stillness.read(scene, frozenset(codes), at, RULES, located=located)


def test_a_code_that_stays_in_view_lets_the_scene_rest() -> None:
    """It is news once; then a sign on the wall costs no more than the wall."""
    scene, at, _ = rest(place(9), 1.0, np.random.default_rng(9))
    scene = read(scene, at, "a")
    assert not stillness.is_still(scene, at + 2.9, RULES)
    scene = read(scene, at + 2.0, "a")
    assert stillness.is_still(scene, at + 3.0, RULES)
    assert not stillness.is_still(read(scene, at + 3.0, "a", "b"), at + 3.1, RULES)


def test_a_code_that_is_located_keeps_the_scene_awake_for_a_while() -> None:
    """Every frame may be the one that can be read; a pattern that only looks like a code does not do so for ever."""
    scene, at, _ = rest(place(10), 1.0, np.random.default_rng(10))
    for step in range(200):
        scene = read(scene, at + step / 10, located=True)
        if step < 150:
            assert not stillness.is_still(scene, at + step / 10, RULES)
    assert stillness.is_still(scene, at + 20, RULES)


def test_a_still_scene_is_read_now_and_then() -> None:
    """What the coarse picture should not show is read half a second later."""
    scene, at, _ = rest(place(11), 1.0, np.random.default_rng(11))
    scene = read(scene, at)
    assert not stillness.is_due(scene, at + 0.4, RULES)
    assert stillness.is_due(scene, at + 0.5, RULES)


@given(st.lists(st.tuples(st.floats(0.01, 2), st.booleans(), st.booleans()), max_size=40))
def test_whatever_happens_is_read(events: list[tuple[float, bool, bool]]) -> None:
    """After a change no frame is left out for the whole time, and in no scene for longer than half a second."""
    scene, at = Stillness(), 0.0
    dark, light = np.full((45, 80), 60, np.uint8), np.full((45, 80), 160, np.uint8)
    changed_at, lit = 0.0, False
    for pause_s, changes, sees in events:
        at += pause_s
        lit = lit != changes
        scene, has_changed = stillness.look(scene, light if lit else dark, at)
        if changes or has_changed:
            assert has_changed
            changed_at = at
        if at - changed_at < RULES.still_after_s:
            assert not stillness.is_still(scene, at, RULES)
        elif at - scene.read_at >= RULES.read_every_s:
            assert stillness.is_due(scene, at, RULES)
        if not stillness.is_still(scene, at, RULES) or stillness.is_due(scene, at, RULES):
            scene = read(scene, at, *(["a"] if sees else []))
