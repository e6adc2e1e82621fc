"""Kinds of values that several options share: durations, paths, pins. Each error says what is expected."""

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, PlainValidator, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError

_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*(ms|s|min|h|d)\Z")
_UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}


def wrong(what: str, expected: str = "", hint: str = "") -> PydanticCustomError:
    """An error whose text goes into a Problem as it is."""
    # The words go in by name: braces in them would be taken for placeholders of the template.
    return PydanticCustomError("option", "{what}", {"what": what, "expected": expected, "hint": hint})


def kind_of(value: object) -> str:
    """What a value is, in words for somebody who does not program."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case int() | float():
            return f"the number {value}"
        case date():
            return f"the date {value}"
        case _:
            return f"'{value}'"


def parse_duration(value: object) -> timedelta:
    """`500 ms`, `5 s`, `15 min`, `72 h` or `14 d`; raises PydanticCustomError otherwise."""
    if isinstance(value, timedelta):
        return value
    expected = "a number with a unit is expected: ms, s, min, h or d"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        raise wrong(f"{kind_of(value)} has no unit", expected, f"{value:g} s")
    match = _DURATION.match(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise wrong(f"{kind_of(value)} is not a time", expected)
    try:
        return float(match[1]) * _UNITS[match[2]]
    except OverflowError:
        raise wrong(f"{kind_of(value)} is too long", "at most some hundred years") from None


def _between(least: timedelta, most: timedelta) -> BeforeValidator:
    def check(value: object) -> timedelta:
        duration = parse_duration(value)
        if not least <= duration <= most:
            raise wrong(
                f"{duration_text(duration)} is out of range",
                f"between {duration_text(least)} and {duration_text(most)} is expected",
            )
        return duration

    return BeforeValidator(check)


def duration_text(duration: timedelta) -> str:
    """The shortest way to write a duration that `parse_duration` reads back."""
    for unit in ("d", "h", "min", "s"):
        if duration and duration % _UNITS[unit] == timedelta(0):
            return f"{duration // _UNITS[unit]} {unit}"
    return f"{duration / _UNITS['ms']:g} ms"


_SCHEMA = WithJsonSchema({"type": "string", "pattern": r"^\d+(\.\d+)? ?(ms|s|min|h|d)$", "examples": ["5 s"]})

Moment = Annotated[timedelta, _between(timedelta(milliseconds=50), timedelta(minutes=1)), _SCHEMA]
"""Something that a visitor may wait for."""
Interval = Annotated[timedelta, _between(timedelta(milliseconds=100), timedelta(days=7)), _SCHEMA]
Age = Annotated[timedelta, _between(timedelta(0), timedelta(days=365)), _SCHEMA]
Skew = Annotated[timedelta, _between(timedelta(0), timedelta(days=1)), _SCHEMA]


def _exposure(value: object) -> Literal["auto"] | timedelta:
    if value == "auto":
        return "auto"
    least, most = timedelta(microseconds=100), timedelta(seconds=1)
    if isinstance(value, str) and not _DURATION.match(value.strip()):
        raise wrong(f"'{value}' is no exposure", "auto, or a time such as 10 ms is expected")
    duration = parse_duration(value)
    if not least <= duration <= most:
        raise wrong(f"{duration_text(duration)} is out of range", "between 0.1 ms and 1 s is expected")
    return duration


def _automatic_or(value: object) -> Literal["auto"] | float:
    if value == "auto":
        return "auto"
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1_000_000:
        raise wrong(f"{kind_of(value)} does not belong here", "auto, or a number from 0 on is expected")
    return float(value)


Exposure = Annotated[
    Literal["auto"] | timedelta,
    PlainValidator(_exposure),
    WithJsonSchema({"type": "string", "pattern": r"^(auto|\d+(\.\d+)? ?(ms|s))$", "examples": ["auto", "10 ms"]}),
]
"""For how long a picture gathers light, or that the camera sees to it."""

AutomaticOr = Annotated[
    Literal["auto"] | float,
    PlainValidator(_automatic_or),
    WithJsonSchema({"anyOf": [{"const": "auto"}, {"type": "number", "minimum": 0}]}),
]
"""A number in the camera's own units, or that the camera sees to it."""

Share = Annotated[float, Field(ge=0, le=0.95)]
Size = Annotated[float, Field(ge=0.05, le=1)]
"""Parts of the picture's width or height; all of it is 1."""


def _resolved(value: object, info: ValidationInfo) -> Path:
    folder = (info.context or {}).get("folder", Path())
    if isinstance(value, Path):  # a default
        return Path(folder / value)
    if not isinstance(value, str) or not value.strip():
        raise wrong(f"{kind_of(value)} is no path", "a path is expected")
    if "\x00" in value:
        raise wrong("a path can't hold a null character", "a path is expected")
    return Path(folder / value)


FilePath = Annotated[Path, BeforeValidator(_resolved), WithJsonSchema({"type": "string"})]
"""A path, taken from the folder of the configuration file (validation context `folder`)."""

Pin = Annotated[int, Field(ge=0, le=27)]
"""A BCM GPIO number of the 40-pin header."""

Level = Literal["high", "low"]
