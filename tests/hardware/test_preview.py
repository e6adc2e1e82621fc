"""The camera picture for the screen, through shared memory."""

import os
import struct
import subprocess
import sys
from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.marks import MAX_MARKS, Mark
from hardware.preview import MAX_HEIGHT_PX, MAX_WIDTH_PX, PreviewReader, PreviewWriter, shrunk

CODE = Mark("located", ((0.1, 0.2), (0.4, 0.2), (0.4, 0.6), (0.1, 0.6)), "closer")
SLOT = 14 + MAX_MARKS * 18 + MAX_WIDTH_PX * MAX_HEIGHT_PX * 3  # header, marks, pixels


@pytest.fixture
def reader() -> Iterator[PreviewReader]:
    reader = PreviewReader()
    yield reader
    reader.close()


def test_there_is_no_picture_before_the_first(reader: PreviewReader) -> None:
    """A screen that asks early gets none."""
    assert reader.latest() is None


@pytest.mark.parametrize("mirror", [False, True])
def test_a_picture_arrives_as_it_was_written(reader: PreviewReader, mirror: bool) -> None:
    """Every pixel, in colour and in grey, with its time; mirrored only if asked."""
    for shape in ((30, 41, 3), (30, 41)):
        picture = np.random.default_rng(1).integers(0, 255, shape, dtype=np.uint8)
        PreviewWriter(reader.descriptor, mirror=mirror).write(picture, captured_at=12.5)
        frame = reader.latest()
        assert frame is not None
        assert (frame.width, frame.height, frame.captured_at) == (41, 30, 12.5)
        assert frame.channels == (3 if len(shape) == 3 else 1)
        assert frame.pixels == (picture[:, ::-1] if mirror else picture).tobytes()


def test_marks_are_mirrored_as_the_picture_is(reader: PreviewReader) -> None:
    """The outline lies over the same pixels in both pictures."""
    picture = np.zeros((200, 400), np.uint8)
    picture[40:120, 40:160] = 255  # where the mark is
    for mirror in (False, True):
        PreviewWriter(reader.descriptor, mirror=mirror).write(picture, [CODE])
        frame = reader.latest()
        assert frame is not None
        [mark] = frame.marks
        assert (mark.kind, mark.hint) == ("located", "closer")
        shown = np.frombuffer(frame.pixels, np.uint8).reshape(200, 400)
        inside = np.zeros_like(shown)
        points = [(round(x * 400), round(y * 200)) for x, y in mark.corners]
        cv2.fillConvexPoly(inside, np.array(points, np.int32), 255)
        assert np.mean(inside != shown) < 0.01


def test_more_marks_than_there_is_room_for(reader: PreviewReader) -> None:
    """The first ones are told."""
    PreviewWriter(reader.descriptor, mirror=False).write(np.zeros((4, 4), np.uint8), [CODE] * (MAX_MARKS + 3))
    frame = reader.latest()
    assert frame is not None
    assert len(frame.marks) == MAX_MARKS


@pytest.mark.parametrize("channels", [(), (3,)])
@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1080, 1920), (4000, 10), (10, 4000), (1, 1)])
def test_pictures_of_every_size_fit(reader: PreviewReader, width: int, height: int, channels: tuple[int, ...]) -> None:
    """Large pictures are shrunk with their proportions; none is larger than the memory."""
    PreviewWriter(reader.descriptor, mirror=False).write(np.zeros((height, width, *channels), np.uint8))
    frame = reader.latest()
    assert frame is not None
    assert 1 <= frame.width <= MAX_WIDTH_PX
    assert 1 <= frame.height <= MAX_HEIGHT_PX
    assert len(frame.pixels) == frame.width * frame.height * frame.channels


def test_what_is_not_too_large_is_not_copied() -> None:
    """Shrinking costs nothing where there is nothing to shrink."""
    picture = np.zeros((360, 640, 3), np.uint8)
    assert shrunk(picture) is picture
    assert shrunk(np.zeros((720, 1280, 3), np.uint8)).shape == (360, 640, 3)


@pytest.mark.parametrize("shape", [(4, 4, 4), (4,), (0, 0, 3), (2, 2, 2, 3)])
def test_what_is_no_picture_is_refused(reader: PreviewReader, shape: tuple[int, ...]) -> None:
    """The error names the shape; the picture before stays."""
    writer = PreviewWriter(reader.descriptor, mirror=True)
    writer.write(np.zeros((4, 4), np.uint8))
    with pytest.raises(ValueError, match="shape"):
        writer.write(np.zeros(shape, np.uint8))
    frame = reader.latest()
    assert frame is not None
    assert (frame.width, frame.height) == (4, 4)


def test_the_newest_picture_is_shown_and_numbered(reader: PreviewReader) -> None:
    """Each picture has a number of its own, also after the writing process was replaced; one is copied once."""
    numbers = []
    for shade in (10, 20, 30):
        PreviewWriter(reader.descriptor, mirror=False).write(np.full((4, 4, 3), shade, np.uint8))
        frame = reader.latest()
        assert frame is not None
        assert frame.pixels[0] == shade
        assert reader.latest() is frame
        numbers.append(frame.number)
    assert numbers == [1, 2, 3]


def test_a_picture_that_is_being_written_is_not_seen(reader: PreviewReader) -> None:
    """While the next one is half written, the whole one before it is given."""
    PreviewWriter(reader.descriptor, mirror=False).write(np.full((4, 4), 1, np.uint8))
    PreviewWriter(reader.descriptor, mirror=False).write(np.full((4, 4), 2, np.uint8))
    whole = reader.latest()
    memory = os.pread(reader.descriptor, 8, 0)
    os.pwrite(reader.descriptor, b"\xee" * 5000, 64 + SLOT)  # the slot of odd numbers
    assert os.pread(reader.descriptor, 8, 0) == memory
    assert reader.latest() is whole
    assert whole is not None
    assert set(whole.pixels) == {2}


def test_the_memory_keeps_its_size(reader: PreviewReader) -> None:
    """A writer that has been taken over can't cut it off: reading what is gone would kill the program."""
    for size in (0, 4096, 1 << 30):
        with pytest.raises(PermissionError):
            os.ftruncate(reader.descriptor, size)
    assert reader.latest() is None


@given(st.binary(min_size=1, max_size=120), st.integers(0, 1))
def test_whatever_a_hostile_writer_leaves_there_is_bounded(header: bytes, slot: int) -> None:
    """Any header gives no picture, or one within its bounds: fractions within it, known words, a finite time."""
    reader = PreviewReader()
    try:
        number = 2 + slot
        os.pwrite(reader.descriptor, struct.pack("<Q", number), 0)
        os.pwrite(reader.descriptor, header, 64 + slot * SLOT)
        frame = reader.latest()
        if frame is None:
            return
        assert 1 <= frame.width <= MAX_WIDTH_PX
        assert 1 <= frame.height <= MAX_HEIGHT_PX
        assert len(frame.pixels) == frame.width * frame.height * frame.channels
        assert abs(frame.captured_at) < float("inf")
        assert len(frame.marks) <= MAX_MARKS
        for mark in frame.marks:
            assert mark.kind in ("decoded", "located")
            assert mark.hint in (None, "closer", "hold_still", "brighter")
            assert len(mark.corners) == 4
            assert all(0 <= share <= 1 for corner in mark.corners for share in corner)
    finally:
        reader.close()


def header(width: int = 4, height: int = 4, channels: int = 1, count: int = 0, at: float = 1.0) -> bytes:
    return struct.pack("<HHBBd", width, height, channels, count, at)


@pytest.mark.parametrize(
    "bad",
    [
        header(width=0), header(width=MAX_WIDTH_PX + 1), header(height=0xFFFF), header(channels=2),
        header(channels=255), header(count=MAX_MARKS + 1), header(count=255), header(at=float("nan")),
        header(at=float("inf")),
    ],
)  # fmt: skip
def test_a_header_out_of_bounds_is_no_picture(reader: PreviewReader, bad: bytes) -> None:
    """The screen is told that there is none."""
    os.pwrite(reader.descriptor, bad, 64)
    os.pwrite(reader.descriptor, struct.pack("<Q", 2), 0)
    assert reader.latest() is None


@pytest.mark.parametrize("bad", [b"\x00\x01", b"\x03\x01", b"\x02\x04", b"\xff\xff"])
def test_a_mark_of_an_unknown_kind_is_left_out(reader: PreviewReader, bad: bytes) -> None:
    """The picture and its other marks are shown."""
    good = struct.pack("<BB8H", 1, 0, *[0xFFFF] * 8)
    os.pwrite(reader.descriptor, header(count=2) + bad + bytes(16) + good, 64)
    os.pwrite(reader.descriptor, struct.pack("<Q", 2), 0)
    frame = reader.latest()
    assert frame is not None
    assert frame.marks == (Mark("decoded", ((1.0, 1.0),) * 4),)


@pytest.mark.parametrize("number", [1, (1 << 62) - 1, 1 << 62, (1 << 64) - 1])
def test_a_new_writer_goes_on_after_any_number(reader: PreviewReader, number: int) -> None:
    """What a process that has crashed left in the memory does not stop the next one."""
    os.pwrite(reader.descriptor, struct.pack("<Q", number), 0)
    writer = PreviewWriter(reader.descriptor, mirror=False)
    seen = []
    for shade in (1, 2, 3):
        writer.write(np.full((4, 4), shade, np.uint8))
        frame = reader.latest()
        assert frame is not None
        seen.append((frame.pixels[0], frame.number))
    assert [shade for shade, _ in seen] == [1, 2, 3]
    assert len({number for _, number in seen}) == 3


def test_another_process_can_write(reader: PreviewReader) -> None:
    """The memory is handed over as a descriptor, and lives on when the writer ends."""
    code = (
        "import sys, numpy as np; from hardware.preview import PreviewWriter; "
        "PreviewWriter(int(sys.argv[1]), mirror=False).write(np.full((5, 6, 3), 7, np.uint8))"
    )
    subprocess.run([sys.executable, "-c", code, str(reader.descriptor)], pass_fds=(reader.descriptor,), check=True)
    frame = reader.latest()
    assert frame is not None
    assert frame.pixels == bytes([7]) * 90


def test_the_program_does_not_load_the_decoders() -> None:
    """Native decoders have crashed on hostile pictures: they stay in the scanner process."""
    code = "import hardware.scanner, sys; print([name for name in ('zxingcpp', 'pyzbar') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
