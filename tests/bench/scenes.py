"""Generated door scenes for measuring the reading: what a camera of 1280x720 sees of a code that somebody shows.

`single` makes one frame with one factor at a random severity, `hand_held` a row of frames as a hand brings a code up,
`empty` and `cluttered` a door without a code. All from a generator: the same seed gives the same pictures.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from tests.bench.halls import Passer, cluttered_hall, hall
from tests.bench.optics import draw
from tests.bench.scene import Grey, Scene

Factor = Callable[[Scene, float, np.random.Generator], Scene]
"""Makes a scene worse; the severity goes from 0, which a decoder should bear, to 1, which hardly one does."""

ALPHANUMERIC = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


def _payload(rng: np.random.Generator) -> bytes:
    """A printed pass or a signed one."""
    start, letters, least, most = (b"ASHYQ:", 36, 14, 27) if rng.random() < 0.5 else (b"ASHYQ1:", 45, 150, 195)
    chosen = rng.integers(0, letters, int(rng.integers(least, most)))
    return start + bytes(ALPHANUMERIC[index] for index in chosen)


def plain(rng: np.random.Generator) -> Scene:
    """A code that is held well: what each factor begins with."""
    payload = _payload(rng)
    long = len(payload) > 60
    return Scene(
        payload,
        error=str(rng.choice(["L", "M"] if long else ["L", "M", "Q", "H"])),
        module_px=float(rng.uniform(4.0, 5.5) if long else rng.uniform(5, 9)),
        x=float(rng.uniform(0.35, 0.65)),
        y=float(rng.uniform(0.4, 0.6)),
        yaw=float(rng.normal(0, 8)),
        pitch=float(rng.normal(0, 8)),
        roll=float(rng.normal(0, 6)),
        carrier="phone" if rng.random() < 0.7 else "paper",
        light=float(rng.uniform(190, 245)),
        dark=float(rng.uniform(10, 45)),
        background=int(rng.integers(1, 2**31)),
    )


def _angle(rng: np.random.Generator) -> float:
    return float(rng.uniform(0, 180))


def _low_contrast(scene: Scene, s: float, rng: np.random.Generator) -> Scene:
    middle, half = rng.uniform(50, 200), 40 - 36 * s
    return replace(scene, dark=float(middle - half), light=float(middle + half), noise=2 + 3 * s)


def _tilted(scene: Scene, s: float, rng: np.random.Generator) -> Scene:
    tilt, turn = 30 + 40 * s, rng.uniform(0, 2 * np.pi)
    return replace(
        scene, yaw=float(tilt * np.cos(turn)), pitch=float(tilt * np.sin(turn)), roll=float(rng.uniform(-180, 180))
    )


def _glaring(scene: Scene, s: float, rng: np.random.Generator) -> Scene:
    return replace(
        scene,
        glare=0.2 + 0.6 * s,
        glare_x=float(rng.uniform(0.1, 0.9)),
        glare_y=float(rng.uniform(0.3, 0.7)),
        glare_size=0.1 + 0.3 * s,
    )


def _mixed(scene: Scene, s: float, rng: np.random.Generator) -> Scene:
    names = rng.choice([name for name in FACTORS if name != "mix"], int(rng.integers(2, 4)), replace=False)
    for name in names:
        scene = FACTORS[str(name)](scene, s * float(rng.uniform(0.1, 0.7)), rng)
    return scene


FACTORS: dict[str, Factor] = {
    "module size": lambda scene, s, _: replace(scene, module_px=2.6 - 1.3 * s, noise=4),
    "dark mode": lambda scene, s, _: replace(
        scene, dark_mode=True, light=160 - 110 * s, noise=3 + 6 * s, defocus_px=3 * s
    ),
    "tilt": _tilted,
    "motion": lambda scene, s, rng: replace(
        scene, motion_px=scene.module_px * (0.5 + 2.0 * s), motion_angle=_angle(rng)
    ),
    "defocus": lambda scene, s, _: replace(scene, defocus_px=scene.module_px * (0.25 + 0.6 * s)),
    "noise": lambda scene, s, _: replace(scene, noise=5 + 45 * s, light=170, dark=40),
    "contrast": _low_contrast,
    "glare": _glaring,
    "moire": lambda scene, s, rng: replace(
        scene, moire=0.15 + 0.6 * s, moire_period_px=float(rng.uniform(2.3, 9)), gradient_angle=_angle(rng)
    ),
    "gradient": lambda scene, s, rng: replace(scene, gradient=0.6 + 0.6 * s, gradient_angle=_angle(rng) * 2),
    "logo": lambda scene, s, _: replace(scene, logo=0.1 + 0.25 * s),
    "occlusion": lambda scene, s, rng: replace(scene, occluded=0.08 + 0.3 * s, cracks=int(rng.integers(0, 5))),
    "quiet zone": lambda scene, s, _: replace(scene, quiet_modules=1.5 - 1.5 * s, noise=4 + 20 * s),
    "jpeg": lambda scene, s, _: replace(scene, jpeg=round(20 - 18 * s), module_px=2.2 + scene.module_px * 0.25),
    "dots": lambda scene, s, _: replace(
        scene, style="dots" if s > 0.4 else "rounded", defocus_px=scene.module_px * 0.85 * s
    ),
    "bend": lambda scene, s, _: replace(scene, bend=0.05 + 0.35 * s, carrier="paper"),
    "mix": _mixed,
}


def single(factor: str, rng: np.random.Generator, severity: float | None = None) -> tuple[Grey, bytes]:
    """One frame with one factor, at a random severity unless one is given, and the payload that it shows."""
    held, drawn = plain(rng), float(rng.random())
    scene = FACTORS[factor](held, drawn if severity is None else severity, rng)
    return draw(scene, rng), scene.payload


def hand_held(rng: np.random.Generator, frames: int = 10) -> tuple[list[Grey], bytes]:
    """A hand brings a code up and tries to hold it still: tremor, focus, noise and reflections change by the frame."""
    scene = _mixed(plain(rng), 1.0, rng)
    drift = rng.normal(0, 1, 8)
    pictures = []
    for number in range(frames):
        settle = 0.8**number
        shake = rng.normal(0, 1, 8)
        speed = abs(float(shake[0])) * 2 + abs(float(drift[0])) * 8 * settle
        hunting = max(0.0, 0.5 * np.sin(number * 1.3 + drift[1])) * scene.module_px * 0.3
        moved = replace(
            scene,
            x=scene.x + (drift[2] * 0.02 * settle + shake[2] * 0.002),
            y=scene.y + (drift[3] * 0.03 * settle + shake[3] * 0.003),
            yaw=scene.yaw + drift[4] * 5 * settle + shake[4],
            pitch=scene.pitch + drift[5] * 5 * settle + shake[5],
            roll=scene.roll + drift[6] * 3 * settle + shake[6],
            module_px=scene.module_px * (1 + 0.04 * drift[7] * settle + 0.01 * shake[7]),
            motion_px=max(scene.motion_px * abs(float(rng.normal(0.8, 0.3))), speed * scene.module_px / 10),
            motion_angle=scene.motion_angle + rng.normal(0, 20),
            defocus_px=scene.defocus_px * rng.uniform(0.8, 1.1) + hunting,
            glare_x=scene.glare_x + shake[2] * 0.05 + drift[2] * 0.1 * settle,
            glare_y=scene.glare_y + shake[3] * 0.05,
            gradient_angle=scene.gradient_angle + shake[4] * 2,
        )
        pictures.append(draw(moved, rng))
    return pictures, scene.payload


def empty(rng: np.random.Generator, frames: int = 1) -> list[Grey]:
    """A door without a code: the same hall, new noise."""
    behind, noise = hall(rng), rng.uniform(1.5, 7)
    return [np.clip(behind + rng.normal(0, noise, behind.shape), 0, 255).astype(np.uint8) for _ in range(frames)]


def cluttered(rng: np.random.Generator, frames: int = 1) -> list[Grey]:
    """A door without a code, full of what looks a little like one; half of the time, somebody walks by."""
    behind, noise = cluttered_hall(rng), rng.uniform(1, 6)
    passers = [Passer(rng) for _ in range(int(rng.choice([0, 0, 1, 2])))]
    pictures = []
    for frame in range(frames):
        seen = behind
        for passer in passers:
            seen = passer.walk(seen, frame)
        pictures.append(np.clip(seen + rng.normal(0, noise, seen.shape), 0, 255).astype(np.uint8))
    return pictures
