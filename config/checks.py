"""What no single option can know: pins used twice, limits that contradict each other, files that are not there.

These look at the written values, not at a finished model, so that they speak up beside all other problems.
"""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic_core import PydanticCustomError

from config.model import Settings
from config.problems import Keys, listed, path_text, suggest
from config.source import Source
from config.values import parse_duration

_PINS: tuple[Keys, ...] = (
    ("door", "relay", "pin"),
    ("door", "contact", "pin"),
    ("lights", "green", "pin"),
    ("lights", "red", "pin"),
    ("buzzer", "pin"),
    ("buttons", "rex", "pin"),
    ("buttons", "accept_proof", "pin"),
)


def check_settings(source: Source) -> None:
    """Add the problems of one kiosk.yaml that stand between options."""
    if source.values is None:
        return
    _check_pins(source)
    _check_door(source)
    _check_region(source)
    _check_token(source)
    _check_files(source)
    _check_readers(source)


def check_category(source: Source, categories: list[str], admission_file: Path) -> None:
    """The venue's category must be one of the admission file's."""
    category = _written(source, ("venue", "category"))
    if isinstance(category, str) and category and category not in categories:
        hint = suggest(category, categories)
        expected = f"one of the categories in {admission_file} is expected"
        if not hint:
            expected += f": {listed(sorted(categories))}"
        keys = ("venue", "category")
        source.add(source.place(keys), keys, f"'{category}' is no category", expected, hint)


def check_near_home(source: Source) -> None:
    """near_home narrows what is admitted; it can't add to it."""
    categories = (source.values or {}).get("categories")
    for name, rule in categories.items() if isinstance(categories, dict) else ():
        if not isinstance(rule, dict):
            continue
        admits, near_home = rule.get("admits"), rule.get("near_home")
        if not isinstance(admits, list) or not isinstance(near_home, list):
            continue
        for position, status in enumerate(near_home):
            if isinstance(status, str) and status not in admits:
                keys = ("categories", name, "near_home", position)
                source.add(source.place(keys), keys, f"'{status}' is not admitted at all", "add it to admits as well")


def _written(source: Source, keys: Keys) -> Any:
    """The value in the file, else the default; None where there is neither."""
    value: Any = source.values
    for key in keys:
        if not isinstance(value, dict) or key not in value:
            return _default(keys)
        value = value[key]
    return value


def _default(keys: Keys) -> Any:
    field = Settings.model_fields[str(keys[0])]
    value: Any = None if field.is_required() else field.default
    for key in keys[1:]:
        value = getattr(value, str(key), None)
    return value


def _check_pins(source: Source) -> None:
    used: dict[int, Keys] = {}
    for keys in sorted(_PINS, key=lambda keys: (source.place(keys).line, source.place(keys).column)):
        pin = _written(source, keys)
        if not isinstance(pin, int) or isinstance(pin, bool):
            continue
        if pin in used:
            first = used[pin]
            line = f"line {source.places[first].line}" if first in source.places else "by default"
            # A default can't be blamed: the problem stands where something was written.
            blamed = keys if keys in source.places else first
            other = first if blamed is keys else keys
            line = line if blamed is keys else "by default"
            source.add(
                source.place(blamed),
                blamed,
                f"pin {pin} is used twice",
                f"{path_text(other)} has it already ({line}); each needs a pin of its own, or null",
            )
        else:
            used[pin] = keys


def _duration(source: Source, keys: Keys) -> timedelta | None:
    try:
        return parse_duration(_written(source, keys))
    except PydanticCustomError:
        return None  # said elsewhere


def _check_door(source: Source) -> None:
    release, maximum_on = _duration(source, ("door", "release")), _duration(source, ("door", "maximum_on"))
    if release is not None and maximum_on is not None and release > maximum_on:
        keys = ("door", "release") if ("door", "release") in source.places else ("door", "maximum_on")
        source.add(source.place(keys), keys, "release is longer than maximum_on", "the relay would be cut off before")


def _check_region(source: Source) -> None:
    for start, size in (("left", "width"), ("top", "height")):
        keys: list[Keys] = [("camera", "region", start), ("camera", "region", size)]
        values = [_written(source, key) for key in keys]
        if all(isinstance(value, int | float) and 0 <= value <= 1 for value in values) and sum(values) > 1 + 1e-9:
            blamed = keys[1] if keys[1] in source.places else keys[0]
            text = f"{start} and {size} are {sum(values):g} together"
            source.add(source.place(blamed), blamed, text, "at most 1 is expected: the whole picture")


def _check_token(source: Source) -> None:
    central = (source.values or {}).get("central")
    if not isinstance(central, dict):
        return
    has_file, has_credential = (central.get(name) is not None for name in ("token_file", "token_credential"))
    if has_file and has_credential:
        keys = ("central", "token_credential")
        source.add(source.place(keys), keys, "token_file is given too", "set one of the two to null")
    if not has_file and not has_credential:
        source.add(
            source.key_place(("central",)),
            ("central",),
            "no token",
            "name its file in token_file, or set token_credential",
        )


def _check_files(source: Source) -> None:
    for keys in (("central", "ca_file"), ("credentials", "keys_file"), ("storage", "sealing_key_file")):
        written = _written(source, keys)
        if isinstance(written, str):
            _check_file(source, keys, source.file.parent / written)
    keys = ("camera", "source")
    camera = _written(source, keys)
    if (
        isinstance(camera, str)
        and "://" not in camera
        and not camera.startswith(("/dev/", "csi:"))
        and not camera.isdecimal()
    ):
        path = source.file.parent / camera
        if "\x00" not in camera and camera.strip() and not path.exists():
            source.add(
                source.place(keys), keys, f"no such file: {path}", "a camera, a video file or a folder is expected"
            )


def _check_readers(source: Source) -> None:
    keys = ("camera", "source")
    if _written(source, keys) is None and _written(source, ("usb_scanner", "device")) is None:
        source.add(
            source.place(keys), keys, "nothing reads codes", "name a camera, or a USB scanner in usb_scanner.device"
        )


def _check_file(source: Source, keys: Keys, path: Path) -> None:
    if "\x00" in str(path):
        return  # said elsewhere
    if not path.exists():
        source.add(source.place(keys), keys, f"no such file: {path}", "check the path, or set it to null")
    elif not path.is_file():
        source.add(source.place(keys), keys, f"{path} is no file", "name a file")
    elif not os.access(path, os.R_OK):
        source.add(source.place(keys), keys, f"{path} may not be read", "check its owner and mode")
