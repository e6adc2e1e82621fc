"""Network cameras: real MJPEG over real HTTP, through the real scanner process; faults noticed, named and mended."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from hardware.camera import Camera, CameraSettings
from hardware.errors import CameraError, CameraFault
from hardware.frames import Picture
from hardware.scanner import Scanner
from hardware.scanner_wire import ScannerSettings, Sighting
from tests.hardware.streaming import StreamingCamera, always, noisy

_PATIENCE_S = 25.0
Fault = CameraFault | None


class Faults:
    """A listener that keeps what is wrong now, and can be waited for."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.now: Fault = None
        self.all: list[Fault] = []
        self.seen = 0
        self.gone = 0

    def _is(self, fault: Fault) -> None:
        with self._changed:
            self.now = fault
            self.all.append(fault)
            self._changed.notify_all()

    def symbol_seen(self, sighting: Sighting) -> None:
        with self._changed:
            self.seen += 1
            self._changed.notify_all()

    def symbol_gone(self) -> None:
        with self._changed:
            self.gone += 1
            self._changed.notify_all()

    def camera_lost(self, why: str, fault: CameraFault) -> None:
        self._is(fault)

    def camera_found(self) -> None:
        self._is(None)

    def camera_ended(self) -> None:
        raise AssertionError("a stream has no end")

    def not_confined(self, why: str) -> None: ...

    def until(self, condition: Callable[[], bool]) -> float:
        """Wait for it; returns how many seconds that took."""
        began_at = time.monotonic()
        with self._changed:
            assert self._changed.wait_for(condition, _PATIENCE_S), self.all
        return time.monotonic() - began_at


@pytest.fixture
def camera() -> Iterator[StreamingCamera]:
    with StreamingCamera().on() as camera:
        yield camera


@contextmanager
def watching(camera: StreamingCamera) -> Iterator[tuple[Scanner, Faults]]:
    """The scanner process on this camera, once it gives pictures."""
    faults = Faults()
    scanner = Scanner(ScannerSettings(CameraSettings(camera.url)), faults)
    scanner.start()
    try:
        deadline = time.monotonic() + _PATIENCE_S
        while scanner.preview() is None:
            assert time.monotonic() < deadline
        yield scanner, faults
    finally:
        assert scanner.stop(5.0)


def test_frames_come_as_they_are_sent(camera: StreamingCamera) -> None:
    """Size, codec and time; a frame that is skipped is one, too."""
    with_stream = Camera(CameraSettings(camera.url))
    assert with_stream.in_force.what == f"{camera.url}: 320x240, MJPG"
    assert with_stream.in_force.whole_pictures
    first = with_stream.read()
    skipped_at = with_stream.skip()
    third = with_stream.read()
    assert first.grey().shape == (240, 320)
    assert first.captured_at <= skipped_at <= third.captured_at <= time.monotonic()
    assert (first.number, third.number) == (1, 3)
    with_stream.close()


def test_frames_that_queued_while_the_program_stood_still_are_old(camera: StreamingCamera) -> None:
    """Nobody has read for a while: the network has kept them, and they say so."""
    with_stream = Camera(CameraSettings(camera.url))
    before = with_stream.read()
    waiting = threading.Event()
    waiting.wait(1.5)  # as a stopped process would: the subject is time itself
    after = with_stream.read()
    assert time.monotonic() - after.captured_at > 1.0
    assert after.captured_at >= before.captured_at
    with_stream.close()


def read_on(camera: Camera) -> None:
    for _ in range(1000):
        camera.read()


def test_a_stream_that_ends_says_so() -> None:
    """Without its password."""
    camera = StreamingCamera()
    with camera.on():
        with_stream = Camera(CameraSettings(camera.url.replace("//", "//user:geheim@")))
        with_stream.read()
    with pytest.raises(CameraError, match="gives no picture any more") as caught:
        read_on(with_stream)
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    ("picture", "fault"),
    [
        (noisy(0), "dark"),
        (always(np.zeros((240, 320), np.uint8)), "dark"),
        (always(np.tile(np.arange(320, dtype=np.uint16) % 200, (240, 1)).astype(np.uint8)), "frozen"),
    ],
    ids=["dark with noise", "black", "frozen"],
)
def test_pictures_of_no_use_are_named_and_mended(
    camera: StreamingCamera, picture: Callable[[int], Picture], fault: CameraFault
) -> None:
    """Noticed, while pictures go on to come; and over with the first that is of use."""
    with watching(camera) as (scanner, faults):
        camera.picture = picture
        faults.until(lambda: faults.now == fault)
        assert scanner.preview() is not None
        camera.picture = noisy(130)
        faults.until(lambda: faults.now is None)
    assert camera.viewers == 1  # nobody had to connect again


def test_a_camera_that_hangs_is_noticed_and_found_again(camera: StreamingCamera) -> None:
    """Its connection stands, and nothing comes."""
    with watching(camera) as (_, faults):
        camera.hangs.set()
        faults.until(lambda: faults.now == "no_picture")
        camera.hangs.clear()
        faults.until(lambda: faults.now is None)


def test_a_camera_that_is_switched_off_and_on_is_found_again() -> None:
    """Within seconds, by itself, however long it was away."""
    camera = StreamingCamera()
    with camera.on(), watching(camera) as (_, faults):
        camera.over.set()
        faults.until(lambda: faults.now == "no_picture")
        camera.over.clear()
        faults.until(lambda: faults.now is None)


def test_a_code_that_is_held_still_stays_in_view(camera: StreamingCamera) -> None:
    """Seen once, for as long as it is there, although hardly any frame is read; gone when it is taken away."""
    import segno  # noqa: PLC0415  # for this test alone

    matrix = np.pad(1 - np.array(segno.make("ASHYQ:TEST", micro=False).matrix, np.uint8), 4, constant_values=1)
    faults = Faults()
    settings = ScannerSettings(CameraSettings(camera.url, still_after_s=0.3), forget_after_s=0.9)
    scanner = Scanner(settings, faults)
    scanner.start()
    camera.picture = noisy(130, np.kron(matrix, np.ones((6, 6), np.uint8)) * 255)
    try:
        faults.until(lambda: faults.seen == 1)
        waiting = threading.Event()
        waiting.wait(3.0)  # the subject is that nothing happens for a while
        assert (faults.seen, faults.gone) == (1, 0)
        camera.picture = noisy(130)
        faults.until(lambda: faults.gone == 1)
        assert faults.seen == 1
    finally:
        assert scanner.stop(5.0)
