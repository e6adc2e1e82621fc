"""What the screens are told: primitives only. Words, colours and icons are the screens' own business."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Reader = Literal["camera", "scanner"]
ScreenName = Literal["idle", "checking", "verdict", "could_not_check", "not_a_credential", "out_of_order"]


class ScreenError(OSError):
    """The screen can't be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class ScreenModel:
    """What to show now.

    status, outcome, reason: words of the decision, or of why there is none; language: the visitor's, None: the venue's;
    data_age_s: how old the answer is, None: it came from central this moment; until: monotonic seconds, None: no end;
    data_ageing: it will soon be too old to decide.
    """

    screen: ScreenName = "idle"
    status: str | None = None
    outcome: str | None = None
    reason: str | None = None
    language: str | None = None
    data_age_s: float | None = None
    shown_at: float = 0.0
    until: float | None = None
    data_ageing: bool = False


@dataclass(frozen=True, slots=True)
class TerminalModel:
    """The terminal's own state, shown on the idle screen.

    online: None until central was asked; offline_since: local time, "HH:MM", with its day where that is not today;
    waiting_visits: not sent up yet; refused_visits: those that central does not take; storage_percent: how full the
    card is, None: there is room; data_age_s, data_left_s: how old everybody's statuses on board are, and for how long
    they may decide, None: there are none; data_ageing: that is not for long any more, or not at all; reader: what codes
    are shown to; broken_reader: what is wrong (a key of words.REASONS) with a reader beside one that works.
    """

    online: bool | None = None
    offline_since: str | None = None
    waiting_visits: int = 0
    refused_visits: int = 0
    storage_percent: int | None = None
    clock_trusted: bool = True
    data_age_s: float | None = None
    data_left_s: float | None = None
    data_ageing: bool = False
    reader: Reader = "camera"
    broken_reader: str | None = None

    @property
    def needs_staff(self) -> bool:
        """Whether something stands there that somebody should see to."""
        return (
            not self.clock_trusted
            or self.data_ageing
            or self.refused_visits > 0
            or self.storage_percent is not None
            or self.broken_reader is not None
        )


@dataclass(frozen=True, slots=True)
class ScreenSettings:
    """What a technician has chosen. venue_names: by language; time_zone: for the clock."""

    languages: tuple[str, ...]
    venue_names: dict[str, str]
    time_zone: str
    fullscreen: bool = True
    width: int = 800
    height: int = 480
    sounds: bool = True
    volume: int = 80


class PreviewMark(Protocol):
    """One code in a camera picture.

    kind: "decoded", or "located" and not read yet; hint: what would make that readable ("closer", "hold_still",
    "brighter"); corners: (x, y) points, fractions of the picture's width and height from its upper left corner.
    """

    @property
    def kind(self) -> str: ...
    @property
    def hint(self) -> str | None: ...
    @property
    def corners(self) -> Sequence[tuple[float, float]]: ...


class PreviewFrame(Protocol):
    """One camera picture: rows from the top, `channels` bytes a pixel: three (red, green, blue) or one (grey).

    number: another one for each new picture; captured_at: monotonic seconds.
    """

    @property
    def number(self) -> int: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def channels(self) -> int: ...
    @property
    def pixels(self) -> bytes: ...
    @property
    def captured_at(self) -> float: ...
    @property
    def marks(self) -> Sequence[PreviewMark]: ...
