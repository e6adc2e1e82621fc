"""What a camera's formats cost, and what a still scene saves. `make bench` runs it.

A Raspberry Pi is several times slower; what counts here is one figure beside another.
"""

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import cv2
import numpy as np
import pytest

from hardware import picture_faults, stillness
from hardware.frames import Frame, Jpeg, Picture, Pixels, Plain, Planar, Yuyv
from hardware.grabber import Gate
from hardware.preview import MAX_HEIGHT_PX, MAX_WIDTH_PX
from hardware.reader import SymbolReader
from hardware.stillness import Stillness, StillnessRules

pytestmark = pytest.mark.bench
WIDTH, HEIGHT = 1280, 720


def entrance(seed: int = 1) -> Picture:
    """A 720p picture of soft shapes, blue first; seed: of the sensor's noise."""
    fields = np.random.default_rng(0).integers(20, 230, (18, 32, 3), np.uint8)
    shapes = cv2.resize(fields, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    noise = np.random.default_rng(seed).normal(0, 2, shapes.shape)
    return np.asarray(np.clip(shapes + noise, 0, 255), np.uint8)


def formats(seed: int = 1) -> dict[str, Pixels]:
    """The same picture as each kind of camera gives it."""
    bgr = entrance(seed)
    _, jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 85])
    i420 = cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420).astype(np.uint8)
    return {
        "MJPG": Jpeg(jpeg.reshape(-1).astype(np.uint8), WIDTH, HEIGHT),
        "YUYV": Yuyv(cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_YUYV).astype(np.uint8)),
        "YU12, CSI": Planar(i420, WIDTH, "YU12"),
        "NV12": Planar(i420, WIDTH, "NV12"),
        "stream, film (colour)": Plain(bgr),
    }


def median_ms(act: Callable[[], Any], times: int = 60) -> float:
    act()
    took = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        took.append((time.perf_counter() - began) * 1000)
    return median(took)


def costs_ms(pixels: Pixels) -> tuple[float, float, float]:
    return (
        median_ms(lambda: Frame(fresh(pixels), 0.0, 1).grey()),
        median_ms(lambda: Frame(fresh(pixels), 0.0, 1).preview(MAX_WIDTH_PX, MAX_HEIGHT_PX)),
        median_ms(lambda: Frame(fresh(pixels), 0.0, 1).coarse()),
    )


def test_what_a_frame_costs() -> None:
    """In grey for the decoders, small in colour for the screen, coarse for the gate; on one processor."""
    cv2.setNumThreads(1)
    print(f"\n720p, ms{'grey':>33}{'preview':>9}{'coarse':>9}")  # noqa: T201  # the result
    for name, pixels in formats().items():
        grey, preview, coarse = costs_ms(pixels)
        print(f"{name:<32}{grey:9.2f}{preview:9.2f}{coarse:9.2f}")  # noqa: T201
    _, jpeg = cv2.imencode(".jpg", entrance(), [cv2.IMWRITE_JPEG_QUALITY, 85])
    in_colour = median_ms(lambda: cv2.cvtColor(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), cv2.COLOR_BGR2GRAY))  # type: ignore[arg-type]  # it is one
    print(f"{'MJPG, by way of colour':<32}{in_colour:9.2f}")  # noqa: T201
    cv2.setNumThreads(-1)


def test_what_judging_costs() -> None:
    """Stillness, darkness, and whether two frames are equal."""
    cv2.setNumThreads(1)
    coarse = [Frame(Plain(entrance(seed)), 0.0, 1).coarse() for seed in (1, 1, 1)]
    scene = Stillness()
    for picture in coarse:
        scene, _ = stillness.look(scene, picture, 0.0)
    frame, other = (
        Frame(Yuyv(cv2.cvtColor(entrance(seed), cv2.COLOR_BGR2YUV_YUYV).astype(np.uint8)), 0.0, 1) for seed in (1, 2)
    )
    rows = {
        "has anything changed?": median_ms(lambda: stillness.look(scene, coarse[0], 1.0)),
        "is it dark?": median_ms(lambda: picture_faults.is_dark(coarse[0])),
        "are two YUYV frames equal? (no)": median_ms(lambda: frame.is_equal(other)),
    }
    print()  # noqa: T201
    for name, value in rows.items():
        print(f"{name:<32}{value:9.3f} ms")  # noqa: T201
    cv2.setNumThreads(-1)


@pytest.mark.parametrize("still_after_s", [None, 1.0], ids=["all frames", "at rest"])
def test_what_a_still_scene_costs(still_after_s: float | None) -> None:
    """Processor time of gate and decoders, on 30 frames a second of an empty entrance that has come to rest."""
    cv2.setNumThreads(1)
    print()  # noqa: T201  # the result
    for name in formats():
        shots = [formats(seed)[name] for seed in (1, 2, 3, 4)]
        gate = Gate(None if still_after_s is None else StillnessRules(still_after_s), is_live=True)
        reader, seconds, began, read = SymbolReader(), 8, 0.0, 0
        for number in range(1, 30 * (2 + seconds)):
            if number == 60:
                began, read = time.process_time(), 0
            if gate.may_skip():
                continue
            frame = Frame(fresh(shots[number % len(shots)]), number / 30, number)
            if gate.admits(frame):
                read += 1
                gate.has_read(frame, reader.read(frame.grey(), frame.captured_at))
        share = (time.process_time() - began) / seconds
        print(f"{name:<24}{still_after_s=}: {read / seconds:.1f} read a second, {share:.1%} of a processor")  # noqa: T201
    cv2.setNumThreads(-1)


def fresh(pixels: Pixels) -> Pixels:
    """As a camera gives it: nobody has decoded it before."""
    return Jpeg(pixels.data(), WIDTH, HEIGHT) if isinstance(pixels, Jpeg) else pixels
