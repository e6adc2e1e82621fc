"""What the screens are told: primitives only. Words, colours and icons are the screens' own business."""

from dataclasses import dataclass
from typing import Literal, Protocol

ScreenName = Literal["idle", "checking", "verdict", "could_not_check", "not_a_credential", "out_of_order"]


class ScreenError(OSError):
    """The screen can't be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class ScreenModel:
    """What to show now.

    status, outcome, reason: words of the decision, or of why there is none; language: the visitor's, None: the venue's;
    data_age_s: how old the answer is, None: it came from central this moment; until: monotonic seconds, None: no end.
    """

    screen: ScreenName = "idle"
    status: str | None = None
    outcome: str | None = None
    reason: str | None = None
    language: str | None = None
    data_age_s: float | None = None
    shown_at: float = 0.0
    until: float | None = None


@dataclass(frozen=True, slots=True)
class TerminalModel:
    """The terminal's own state, shown on the idle screen.

    online: None until central was asked; offline_since: local time of day, "HH:MM"; waiting_visits: not sent up yet;
    storage_percent: how full the card is, None: there is room.
    """

    online: bool | None = None
    offline_since: str | None = None
    waiting_visits: int = 0
    storage_percent: int | None = None


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


class PreviewFrame(Protocol):
    """One camera picture: rows from the top, three bytes (red, green, blue) a pixel."""

    @property
    def number(self) -> int: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def rgb(self) -> bytes: ...
