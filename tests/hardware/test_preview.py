"""The camera picture for the screen, through shared memory."""

import os
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest

from hardware.preview import MAX_HEIGHT_PX, MAX_WIDTH_PX, PreviewReader, PreviewWriter


@pytest.fixture
def reader() -> Iterator[PreviewReader]:
    reader = PreviewReader()
    yield reader
    reader.close()


def test_there_is_no_picture_before_the_first(reader: PreviewReader) -> None:
    """A screen that asks early gets none."""
    assert reader.latest() is None


def test_colours_and_sides_are_right(reader: PreviewReader) -> None:
    """Red-first pixels arrive as they are; mirrored only if asked."""
    picture = np.zeros((30, 40, 3), np.uint8)
    picture[:, :20] = (0, 0, 255)  # blue on the left
    for mirror, first_pixel in ((False, (0, 0, 255)), (True, (0, 0, 0))):
        PreviewWriter(reader.descriptor, mirror=mirror).write(picture)
        frame = reader.latest()
        assert frame is not None
        assert (frame.width, frame.height, len(frame.rgb)) == (40, 30, 40 * 30 * 3)
        assert tuple(frame.rgb[:3]) == first_pixel


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1080, 1920), (4000, 10), (10, 4000), (1, 1)])
def test_pictures_of_every_size_fit(reader: PreviewReader, width: int, height: int) -> None:
    """Large pictures are shrunk with their proportions; none is larger than the memory."""
    PreviewWriter(reader.descriptor, mirror=False).write(np.zeros((height, width, 3), np.uint8))
    frame = reader.latest()
    assert frame is not None
    assert 1 <= frame.width <= MAX_WIDTH_PX
    assert 1 <= frame.height <= MAX_HEIGHT_PX


def test_the_newest_picture_is_shown_and_numbered(reader: PreviewReader) -> None:
    """Each picture has a number of its own, also after the writing process was replaced."""
    numbers = []
    for shade in (10, 20, 30):
        PreviewWriter(reader.descriptor, mirror=False).write(np.full((4, 4, 3), shade, np.uint8))
        frame = reader.latest()
        assert frame is not None
        assert frame.rgb[0] == shade
        numbers.append(frame.number)
    assert numbers == [1, 2, 3]


def test_another_process_can_write(reader: PreviewReader) -> None:
    """The memory is handed over as a descriptor, and lives on when the writer ends."""
    code = (
        "import sys, numpy as np; from hardware.preview import PreviewWriter; "
        "PreviewWriter(int(sys.argv[1]), mirror=False).write(np.full((5, 6, 3), 7, np.uint8))"
    )
    subprocess.run([sys.executable, "-c", code, str(reader.descriptor)], pass_fds=(reader.descriptor,), check=True)
    frame = reader.latest()
    assert frame is not None
    assert frame.rgb == bytes([7]) * 90
    assert os.fstat(reader.descriptor).st_size > 0
