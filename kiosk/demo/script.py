"""What the demonstration plays, and what must come of it: the script that every result is held against."""

from dataclasses import dataclass
from typing import Literal

Shown = Literal["pass", "reference", "expired pass", "forged pass", "link"]
Carrier = Literal["phone", "paper", "dark_phone"]


@dataclass(frozen=True, slots=True)
class Person:
    """A visitor as central knows them; `status` None: central does not know them."""

    name: str
    status: str | None
    home_area: str | None = None
    language: str = "kk"


@dataclass(frozen=True, slots=True)
class Expected:
    """What one scan must come to, in the words of the terminal's own log line. days_old: age of what decided it."""

    read: str
    outcome: str
    reason: str
    status: str | None = None
    source: str | None = None
    light: str = "denied"
    released: bool = False
    days_old: int | None = None
    ageing: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """One visitor in front of the camera. central_on: whether central can be reached while they stand there.

    day: of the calendar, from the beginning of the demonstration.
    """

    title: str
    person: Person
    shown: Shown
    carrier: Carrier
    expected: Expected
    central_on: bool = True
    day: int = 0


@dataclass(frozen=True, slots=True)
class Act:
    """One terminal at the entrance of one venue, and who comes."""

    venue: str
    category: str
    scenes: tuple[Scene, ...]


ON_BOARD = "cache or copy"
"""A source: whichever of the two central confirmed last."""

AREA = "shymkent/abay"
"""The area of every venue of the demonstration."""

GREEN = Person("green", "green", AREA, "kk")
BLUE = Person("blue", "blue", AREA, "ru")
RED = Person("red", "red", AREA, "ru")
YELLOW_NEAR = Person("yellow, lives near", "yellow", AREA, "kk")
YELLOW_FAR = Person("yellow, lives far", "yellow", "shymkent/turan", "ru")
UNKNOWN = Person("unknown", None, None, "en")
STRANGER = Person("stranger", "green", AREA, "en")
SECOND_STRANGER = Person("another stranger", "blue", AREA, "ru")
THIRD_STRANGER = Person("a third stranger", "green", AREA, "kk")

PEOPLE = (GREEN, BLUE, RED, YELLOW_NEAR, YELLOW_FAR, UNKNOWN, STRANGER, SECOND_STRANGER, THIRD_STRANGER)


def _granted(read: str, status: str, source: str = "online", reason: str = "admitted") -> Expected:
    return Expected(read, "granted", reason, status, source, light="granted", released=True)


def _denied(reason: str, status: str | None = None, source: str | None = None) -> Expected:
    return Expected("pass", "denied", reason, status, source)


def _on_board(outcome: str, reason: str, status: str, days: int, *, ageing: bool = False) -> Expected:
    granted = outcome == "granted"
    light = "granted" if granted else "denied"
    return Expected("pass", outcome, reason, status, ON_BOARD, light, granted, days, ageing)


ACTS = (
    Act(
        "a cinema",
        "cinema",
        (
            Scene("green pass on a phone", GREEN, "pass", "phone", _granted("pass", "green")),
            Scene("blue at a cinema, printed reference", BLUE, "reference", "paper", _granted("reference", "blue")),
            Scene("red", RED, "pass", "phone", _denied("status_not_admitted", "red", "online")),
            Scene("unknown to central", UNKNOWN, "pass", "phone", _denied("visitor_unknown", None, "online")),
            Scene("expired pass", GREEN, "expired pass", "phone", _denied("pass_expired")),
            Scene("forged pass", GREEN, "forged pass", "phone", _denied("pass_forged")),
            Scene(
                "a link instead of a pass",
                UNKNOWN,
                "link",
                "paper",
                Expected("url", "not_a_credential", "url", light="idle"),
            ),
            Scene(
                "central switched off: green again, in dark mode",
                GREEN,
                "pass",
                "dark_phone",
                _granted("pass", "green", ON_BOARD),
                central_on=False,
            ),
            Scene(
                "central off: red again",
                RED,
                "pass",
                "phone",
                _denied("status_not_admitted", "red", ON_BOARD),
                central_on=False,
            ),
            Scene(
                "central off: somebody never seen here, known to the copy on board",
                STRANGER,
                "pass",
                "phone",
                _granted("pass", "green", "copy"),
                central_on=False,
            ),
            Scene(
                "central off: nobody on board knows them",
                UNKNOWN,
                "pass",
                "phone",
                Expected("pass", "could_not_check", "unreachable", light="call_staff"),
                central_on=False,
            ),
            Scene("central back: the same stranger", STRANGER, "pass", "phone", _granted("pass", "green")),
        ),
    ),
    Act(
        "a bus station where a PCR test is compulsory",
        "interregional_transport",
        (
            Scene(
                "blue where a PCR test is compulsory",
                BLUE,
                "pass",
                "phone",
                Expected("pass", "proof_needed", "pcr_compulsory", "blue", "online", light="proof_needed"),
            ),
        ),
    ),
    Act(
        "a pharmacy",
        "pharmacy",
        (
            Scene("yellow near home", YELLOW_NEAR, "pass", "phone", _granted("pass", "yellow", reason="near_home")),
            Scene("yellow far from home", YELLOW_FAR, "pass", "phone", _denied("not_near_home", "yellow", "online")),
        ),
    ),
)

# A month: the network fails after the first visitor and is back on day 31. The terminal has been told that green and
# blue may decide for 30 days, and red for 60.
MONTH_BEFORE = (
    Scene("day 0, online", GREEN, "pass", "phone", _granted("pass", "green")),
    Scene(
        "day 12 without network: a stranger, by the copy",
        STRANGER,
        "pass",
        "phone",
        _on_board("granted", "admitted", "green", 12),
        central_on=False,
        day=12,
    ),
    Scene(
        "day 12: red is not let in",
        RED,
        "pass",
        "phone",
        _on_board("denied", "status_not_admitted", "red", 12),
        central_on=False,
        day=12,
    ),
)
MONTH_AFTER = (
    Scene(
        "day 27, after a restart: another stranger; staff is warned that the data will soon be too old",
        SECOND_STRANGER,
        "pass",
        "dark_phone",
        _on_board("granted", "admitted", "blue", 27, ageing=True),
        central_on=False,
        day=27,
    ),
    Scene(
        "day 31: what is on board is too old to let anybody in",
        THIRD_STRANGER,
        "pass",
        "phone",
        Expected("pass", "could_not_check", "too_old", light="call_staff"),
        central_on=False,
        day=31,
    ),
    Scene(
        "day 31: and still not too old to keep red out",
        RED,
        "pass",
        "phone",
        _on_board("denied", "status_not_admitted", "red", 31),
        central_on=False,
        day=31,
    ),
    Scene("the network is back: the same one, green again", RED, "pass", "phone", _granted("pass", "green"), day=31),
)
