"""What every kind of source offers."""

from dataclasses import dataclass
from typing import Protocol

from hardware.frames import Pixels


class EndOfPictures(Exception):  # noqa: N818  # no error: a file has an end
    """A file or folder has no more frames."""


@dataclass(frozen=True, slots=True)
class InForce:
    """What an open source gives, in words. refused: what was asked for and is not to be had, each with how it is.

    whole_pictures: each is sent by itself; else as what has changed, so that they may well be equal for a while.
    """

    what: str
    refused: tuple[str, ...] = ()
    whole_pictures: bool = True


class Pictures(Protocol):
    """An open source. What it needs it has opened: afterwards the process may open nothing any more.

    `next` and `skip` block until there is a picture; both raise EndOfPictures or CameraError. Both return its time of
    capture, in monotonic seconds. `skip` lets one go by and decodes nothing that need not be decoded. `rewind` begins
    again; what has no end needs none.
    """

    @property
    def in_force(self) -> InForce: ...
    def next(self) -> tuple[Pixels, float]: ...
    def skip(self) -> float: ...
    def rewind(self) -> None: ...
    def close(self) -> None: ...
