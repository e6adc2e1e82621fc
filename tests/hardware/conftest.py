"""Pictures and films for the reading, made here."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import segno
from numpy.typing import NDArray

from tests.hardware.wedge_stand import Stand

Picture = NDArray[np.uint8]


class Studio:
    """Draws pictures with codes in them, and writes them as films and folders."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def code(self, payload: str | bytes, *, inverted: bool = False, micro: bool = False) -> Picture:
        """A QR code in grey with its quiet zone, 6 pixels a module."""
        matrix = np.array(segno.make(payload, micro=micro).matrix, dtype=np.uint8)
        grey = np.kron(np.pad(1 - matrix, 4, constant_values=1) * 255, np.ones((6, 6))).astype(np.uint8)
        return 255 - grey if inverted else grey

    def frame(self, *codes: Picture, size: tuple[int, int] = (640, 480)) -> Picture:
        """A grey picture of (width, height) with the codes side by side."""
        picture = np.full((size[1], size[0]), 130, np.uint8)
        left = 20
        for code in codes:
            picture[40 : 40 + code.shape[0], left : left + code.shape[1]] = code
            left += code.shape[1] + 20
        return picture

    def film(self, *frames: Picture, fps: int = 20, name: str = "film.avi") -> Path:
        """An MJPG film."""
        path = self.folder / name
        height, width = frames[0].shape
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), fps, (width, height))
        for frame in frames:
            writer.write(cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR))
        writer.release()
        return path

    def pictures(self, *frames: Picture, name: str = "pictures") -> Path:
        """A folder of PNG files."""
        folder = self.folder / name
        folder.mkdir()
        for number, frame in enumerate(frames):
            cv2.imwrite(str(folder / f"{number:03d}.png"), frame)
        return folder


@pytest.fixture
def stand(tmp_path: Path) -> Stand:
    """Input devices, none yet."""
    return Stand(tmp_path)


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path)
