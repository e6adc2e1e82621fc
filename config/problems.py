"""A problem in a configuration: its place, what is wrong, and how to mend it. All are reported, not the first only."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

Keys = tuple[str | int, ...]
"""The way to a value: option names, and positions in lists."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands; line and column count from 1."""

    line: int = 1
    column: int = 1


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem. `str()` gives `FILE:line:column: path: what is wrong; what is expected; did you mean '...'?`."""

    file: Path
    place: Place
    path: str
    what: str
    expected: str = ""
    hint: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.place.line}:{self.place.column}: " + (f"{self.path}: " if self.path else "")
        parts = [self.what]
        if self.expected:
            parts.append(self.expected)
        if self.hint:
            parts.append(f"did you mean '{self.hint}'?")
        return where + "; ".join(parts)


class ConfigurationError(ValueError):
    """The configuration can't be used; carries every problem. Its text has one problem a line."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


def path_text(keys: Keys) -> str:
    """`('screen', 'languages', 1)` -> `screen.languages[1]`."""
    text = ""
    for key in keys:
        if isinstance(key, int):
            text += f"[{key}]"
        else:
            text += f".{key}" if text else key
    return text


def suggest(word: object, candidates: Iterable[str]) -> str:
    """The candidate that `word` is probably meant to be, or an empty text."""
    choices = {candidate.lower(): candidate for candidate in candidates}
    matches = difflib.get_close_matches(str(word).lower(), choices, n=1, cutoff=0.6)
    return choices[matches[0]] if matches else ""


def listed(words: Iterable[object]) -> str:
    """`a, b or c`."""
    *most, last = [str(word) for word in words] or [""]
    return f"{', '.join(most)} or {last}" if most else last
