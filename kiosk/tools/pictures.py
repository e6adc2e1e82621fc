"""Files as the terminal's reader sees them: pictures, folders of pictures, and videos become frames."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# Before cv2 is imported, which reads them once: what a damaged file is, this program says itself.
os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")

import cv2
import numpy as np
from numpy.typing import NDArray

FPS = 30.0
"""Of pictures that are frames of one sequence, and of a video that does not say."""

CAMERA_PX = 1920
"""What a large picture is brought to, on its longest side: a terminal's camera gives no more."""

_PICTURES = {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".pgm", ".ppm", ".avif", ".gif", ".jp2"}


@dataclass(frozen=True, slots=True)
class Take:
    """What one reader reads: a picture, a video, or several pictures as one sequence."""

    files: tuple[Path, ...]
    is_sequence: bool


@dataclass(frozen=True, slots=True)
class Shot:
    """One frame. number: from 1 on, None: a picture by itself; at: seconds since the first frame.

    grey: shape (height, width), dtype uint8; scale: its size by that of the picture in the file.
    """

    file: Path
    number: int | None
    at: float
    grey: NDArray[np.uint8]
    scale: float


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file, or a part of it, that gives no picture; why is for people."""

    file: Path
    why: str
    number: int | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Files of a folder that are no pictures by their names, and are not looked at."""

    folder: Path
    count: int


def takes(paths: Sequence[Path], *, sequence: bool) -> Iterator[Take | Unreadable | LeftOut]:
    """What is to be read, in the order asked for.

    sequence: each folder is one, and so are the pictures that are named one after the other.
    """
    loose: list[Path] = []
    for path in paths:
        if sequence and not path.is_dir() and _is_picture(path):
            loose.append(path)
            continue
        yield from _gathered(loose)
        yield from _folder(path, sequence=sequence) if path.is_dir() else [_lone(path)]
    yield from _gathered(loose)


def shots(take: Take, *, largest_px: int | None = CAMERA_PX) -> Iterator[Shot | Unreadable]:
    """The frames of a take, at most `largest_px` pixels on their longest side (None: as large as they are).

    What gives no picture is named in its place; the others go on. Never raises for what is in a file.
    """
    for place, file in enumerate(take.files):
        is_video = take.is_sequence and not _is_picture(file)
        number = place + 1 if take.is_sequence and not is_video else None
        try:
            if is_video:
                yield from _video(file, largest_px)
            else:
                grey, scale = _shrunk(_picture(file), largest_px)
                yield Shot(file, number, place / FPS, grey, scale)
        except (OSError, cv2.error, MemoryError) as error:
            yield Unreadable(file, _why(error), number)


def _gathered(loose: list[Path]) -> list[Take]:
    """The pictures named one after the other, as one sequence; afterwards there are none."""
    take = [Take(tuple(loose), is_sequence=True)] if loose else []
    loose.clear()
    return take


def _lone(path: Path) -> Take | Unreadable:
    try:
        with _opened(path):
            pass
    except OSError as error:
        return Unreadable(path, _why(error))
    return Take((path,), is_sequence=not _is_picture(path))


def _folder(path: Path, *, sequence: bool) -> Iterator[Take | Unreadable | LeftOut]:
    try:
        inside = sorted(path.iterdir())
    except OSError as error:
        yield Unreadable(path, _why(error))
        return
    pictures = tuple(file for file in inside if file.suffix.lower() in _PICTURES)
    if not pictures:
        yield Unreadable(path, "there are no pictures in this folder (jpg, png, bmp, webp, tif)")
        return
    if len(pictures) < len(inside):
        yield LeftOut(path, len(inside) - len(pictures))
    if sequence:
        yield Take(pictures, is_sequence=True)
    else:
        yield from (Take((file,), is_sequence=False) for file in pictures)


def _is_picture(path: Path) -> bool:
    """By what is in it; by its name, where nothing can be known of that."""
    if path.suffix.lower() in _PICTURES:
        return True
    try:
        with _opened(path) as inside:
            return bool(cv2.haveImageReader(inside))
    except (OSError, cv2.error):
        return False


def _picture(file: Path) -> NDArray[np.uint8]:
    with _opened(file) as inside:
        content = np.frombuffer(Path(inside).read_bytes(), np.uint8)
    # Upright, as the phone that took it says.
    grey = cv2.imdecode(content, cv2.IMREAD_GRAYSCALE) if content.size else None
    if grey is None:
        raise OSError("this is no picture that can be read; save it as JPEG or PNG")
    return grey.astype(np.uint8, copy=False)


def _video(file: Path, largest_px: int | None) -> Iterator[Shot | Unreadable]:
    with _opened(file) as inside:
        capture = cv2.VideoCapture(inside, cv2.CAP_FFMPEG)
        try:
            fps = capture.get(cv2.CAP_PROP_FPS)
            fps = fps if 0 < fps <= 240 else FPS
            number = 0
            while (taken := capture.read())[0]:
                number += 1
                whole = cv2.cvtColor(taken[1], cv2.COLOR_BGR2GRAY).astype(np.uint8, copy=False)
                grey, scale = _shrunk(whole, largest_px)
                yield Shot(file, number, (number - 1) / fps, grey, scale)
        finally:
            capture.release()
    if number == 0:
        raise OSError("this is no picture or video that can be read; save it as JPEG, PNG or MP4 (a phone's HEIC, too)")


@contextmanager
def _opened(path: Path) -> Iterator[str]:
    """A name for an open file that OpenCV takes: it knows no names that are not UTF-8, and believes their endings."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a pipe that nobody writes to would block
    try:
        if not path.is_file():
            raise OSError("this is neither a file nor a folder")
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)


def _shrunk(grey: NDArray[np.uint8], largest_px: int | None) -> tuple[NDArray[np.uint8], float]:
    height, width = grey.shape
    if largest_px is None or max(width, height) <= largest_px:
        return grey, 1.0
    scale = largest_px / max(width, height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(grey, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False), scale


def _why(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file or folder"
    if isinstance(error, PermissionError):
        return "it may not be read; is it yours?"
    if isinstance(error, MemoryError):
        return "it is too large for this machine's memory"
    if isinstance(error, cv2.error):
        return f"OpenCV can't read it: {' '.join(str(error.err or error).split())}"
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
