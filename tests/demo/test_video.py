"""The filmed visitors: readable, and the same film for the same seed."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import zxingcpp

from kiosk.demo.carriers import Carrier
from kiosk.demo.video import Showing, record_video

SIZE = (640, 480)


def frames(path: Path) -> list[np.ndarray]:
    capture = cv2.VideoCapture(str(path))
    found = []
    while True:
        read, frame = capture.read()
        if not read:
            break
        found.append(frame)
    capture.release()
    return found


@pytest.mark.parametrize("carrier", ["phone", "paper", "dark_phone"])
def test_a_code_can_be_read_while_it_is_held_still_and_not_before(carrier: Carrier, tmp_path: Path) -> None:
    """Nobody is there at first; then the code is in most frames, dark mode included."""
    path = tmp_path / "film.avi"
    [timing] = record_video(path, [Showing("HELLO", carrier, hold_s=0.8, gap_s=0.4)], seed=4, fps=10, size=SIZE)
    film = frames(path)
    texts = [[found.text for found in zxingcpp.read_barcodes(frame)] for frame in film]
    assert len(film) == round((0.4 + 0.55 + 0.8 + 0.4) * 10) + 10
    assert not any(texts[:4])
    held = texts[int(timing.start_s * 10) : int(timing.end_s * 10)]
    assert sum(text == ["HELLO"] for text in held) > len(held) / 2
    assert texts[-1] == []


def test_the_same_seed_gives_the_same_film(tmp_path: Path) -> None:
    """A demonstration can be repeated; another seed films the same visitors differently."""
    films = []
    for number, seed in enumerate((4, 4, 5)):
        path = tmp_path / f"{number}.avi"
        record_video(path, [Showing("HELLO", "phone", hold_s=0.3, gap_s=0.1)], seed=seed, fps=10, size=SIZE)
        films.append(path.read_bytes())
    assert films[0] == films[1] != films[2]


def test_progress_and_secrecy(tmp_path: Path) -> None:
    """Progress ends at the last frame; what a visitor shows stands in no message."""
    told: list[tuple[int, int]] = []
    showing = Showing("SECRET", "paper", hold_s=0.2, gap_s=0.1)
    record_video(tmp_path / "film.avi", [showing], fps=10, size=SIZE, progress=lambda *at: told.append(at))
    assert told[-1][0] <= told[-1][1] == len(frames(tmp_path / "film.avi"))
    assert "SECRET" not in repr(showing)


def test_a_film_that_cannot_be_written(tmp_path: Path) -> None:
    """The folder is named."""
    with pytest.raises(OSError, match="can't be written"):
        record_video(tmp_path / "nowhere" / "film.avi", [Showing("HELLO", "phone")], fps=10, size=SIZE)
