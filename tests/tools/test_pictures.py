"""Files become frames: which belong together, how large, and what is said of files that are no pictures."""

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from kiosk.tools.pictures import CAMERA_PX, LeftOut, Shot, Take, Unreadable, shots, takes
from tests.hardware.conftest import Studio

EMPTY = np.full((60, 80), 130, np.uint8)


def test_pictures_are_read_one_by_one_in_the_order_of_their_names(studio: Studio) -> None:
    """A folder gives a take for each of its pictures."""
    folder = studio.pictures(EMPTY, EMPTY)
    assert list(takes([folder], sequence=False)) == [
        Take((folder / "000.png",), is_sequence=False),
        Take((folder / "001.png",), is_sequence=False),
    ]


def test_a_folder_and_neighbouring_pictures_are_sequences(studio: Studio) -> None:
    """With --sequence a folder is one video, and so are pictures named one after the other; a video stays by itself."""
    folder, film = studio.pictures(EMPTY, EMPTY), studio.film(EMPTY)
    first, second = folder / "000.png", folder / "001.png"
    assert list(takes([first, second, folder, film, second], sequence=True)) == [
        Take((first, second), is_sequence=True),
        Take((first, second), is_sequence=True),
        Take((film,), is_sequence=True),
        Take((second,), is_sequence=True),
    ]


def test_a_film_has_its_own_rate_and_pictures_have_thirty_a_second(studio: Studio) -> None:
    """The reader's memory is told the time of each frame."""
    film, folder = studio.film(EMPTY, EMPTY, EMPTY, fps=20), studio.pictures(EMPTY, EMPTY)
    [of_film], [of_folder] = list(takes([film], sequence=False)), list(takes([folder], sequence=True))
    assert isinstance(of_film, Take)
    assert isinstance(of_folder, Take)
    frames = [shot for shot in shots(of_film) if isinstance(shot, Shot)]
    assert [(shot.number, shot.at) for shot in frames] == [(1, 0.0), (2, pytest.approx(0.05)), (3, pytest.approx(0.1))]
    assert [shot.at for shot in shots(of_folder) if isinstance(shot, Shot)] == [0.0, pytest.approx(1 / 30)]


@pytest.mark.parametrize(("largest_px", "shape"), [(CAMERA_PX, (1440, 1920)), (None, (3000, 4000))])
def test_a_photograph_is_brought_to_a_cameras_size(
    tmp_path: Path, largest_px: int | None, shape: tuple[int, int]
) -> None:
    """Twelve megapixels are read as a camera would give them, unless all of them are wanted."""
    path = tmp_path / "photograph.jpg"
    cv2.imwrite(str(path), np.full((3000, 4000), 130, np.uint8))
    [shot] = shots(Take((path,), is_sequence=False), largest_px=largest_px)
    assert isinstance(shot, Shot)
    assert shot.grey.shape == shape
    assert shot.scale == pytest.approx(shape[0] / 3000)


def test_what_is_in_a_file_counts_and_not_its_name(studio: Studio, tmp_path: Path) -> None:
    """A picture without an ending, and a film with a wrong one; names may hold any bytes."""
    picture = Path(os.fsdecode(os.fsencode(tmp_path) + b"/picture-\xff"))
    picture.write_bytes((studio.pictures(EMPTY) / "000.png").read_bytes())
    film = studio.film(EMPTY, EMPTY).rename(tmp_path / "film.txt")
    assert list(takes([picture, film], sequence=False)) == [
        Take((picture,), is_sequence=False),
        Take((film,), is_sequence=True),
    ]
    assert len([shot for shot in shots(Take((film,), is_sequence=True)) if isinstance(shot, Shot)]) == 2
    [shot] = shots(Take((picture,), is_sequence=False))
    assert isinstance(shot, Shot)


def test_what_can_not_be_opened_is_named(tmp_path: Path) -> None:
    """A file that is missing, a folder without pictures, a pipe that nobody writes to."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "notes.txt").write_text("no picture")
    found = list(takes([tmp_path / "none.png", folder, pipe], sequence=False))
    whys = [one.why for one in found if isinstance(one, Unreadable)]
    assert len(whys) == len(found) == 3
    for why, words in zip(whys, ("no such file", "no pictures in this folder", "neither a file"), strict=True):
        assert words in why


def test_other_files_of_a_folder_are_counted(studio: Studio) -> None:
    """Nothing is left out in silence."""
    folder = studio.pictures(EMPTY)
    (folder / "notes.txt").write_text("no picture")
    assert next(iter(takes([folder], sequence=False))) == LeftOut(folder, 1)


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + bytes(40), b"\xff\xd8\xff\xe0"])
@pytest.mark.parametrize("name", ["damaged.png", "damaged.mp4", "damaged"])
def test_what_is_no_picture_stops_nothing(studio: Studio, content: bytes, name: str) -> None:
    """In the middle of a sequence it is named in its place, and the pictures behind it are read."""
    folder = studio.pictures(EMPTY, EMPTY)
    damaged = folder / name
    damaged.write_bytes(content)
    [first, middle, last] = shots(Take((folder / "000.png", damaged, folder / "001.png"), is_sequence=True))
    assert isinstance(first, Shot)
    assert isinstance(middle, Unreadable)
    assert isinstance(last, Shot)
    assert last.number == 3
    assert "can be read" in middle.why or "OpenCV" in middle.why


def test_a_video_that_is_cut_off_gives_what_is_there(studio: Studio) -> None:
    """Half a film is read to where it ends."""
    film = studio.film(*[np.random.default_rng(1).integers(0, 255, (240, 320), np.uint8)] * 10)
    film.write_bytes(film.read_bytes()[: film.stat().st_size // 2])
    found = list(shots(Take((film,), is_sequence=True)))
    assert 1 <= len([shot for shot in found if isinstance(shot, Shot)]) < 10
