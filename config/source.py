"""YAML -> plain values that remember file, line and column, and every problem of the text itself.

Scalars follow the YAML 1.2 core schema, not 1.1: `no`, `on`, `10:30` and `017` stay the text that they are written as.
"""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import yaml

from config.problems import Keys, Place, Problem, path_text

Value: TypeAlias = "bool | int | float | str | dt.date | list[Value] | dict[str, Value] | None"

_MAX_BYTES = 1 << 20
_MAX_VALUES = 10_000  # an alias that multiplies itself ("billion laughs") ends here
_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?\Z")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_STANDARD_TAG = "tag:yaml.org,2002:"
_PLAIN_TAGS = {
    _STANDARD_TAG + name
    for name in ("null", "bool", "int", "float", "str", "timestamp", "merge", "value", "seq", "map")
}


@dataclass
class Source:
    """One file as values. `values` is None where the file could not be read at all."""

    file: Path
    values: dict[str, Value] | None = None
    places: dict[Keys, Place] = field(default_factory=dict)
    """Where each value begins."""
    key_places: dict[Keys, Place] = field(default_factory=dict)
    """Where each option's name stands."""
    problems: list[Problem] = field(default_factory=list)
    text: str = ""

    def place(self, keys: Keys) -> Place:
        """The place of a value, or of the nearest thing around it that is in the file."""
        while keys:
            if keys in self.places:
                return self.places[keys]
            keys = keys[:-1]
        return Place()

    def key_place(self, keys: Keys) -> Place:
        """The place of an option's name, or of the nearest thing around it that is in the file."""
        while keys:
            if keys in self.key_places:
                return self.key_places[keys]
            if keys in self.places:
                return self.places[keys]
            keys = keys[:-1]
        return Place()

    def add(self, place: Place, keys: Keys, what: str, expected: str = "", hint: str = "") -> None:
        """Note a problem."""
        self.problems.append(Problem(self.file, place, path_text(keys), what, expected, hint))


def read_source(file: Path) -> Source:
    """Read a file. Never raises: what is wrong stands in `problems`."""
    source = Source(file)
    text = _read_text(source)
    if text is None:
        return source
    source.text = text
    without_tabs = "\n".join(_without_tabs(source, number, line) for number, line in enumerate(text.split("\n"), 1))
    had_tabs = without_tabs != text
    try:
        nodes = list(yaml.compose_all(without_tabs, Loader=yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        if not had_tabs:  # otherwise the tabs are the reason
            mark = error.problem_mark or error.context_mark
            place = Place() if mark is None else Place(mark.line + 1, mark.column + 1)
            source.add(place, (), f"not valid YAML: {error.problem or error.context}", "check indentation and quotes")
        return source
    except yaml.YAMLError as error:
        source.add(Place(), (), f"not valid YAML: {str(error).splitlines()[0]}")
        return source
    except RecursionError:
        source.add(Place(), (), "nested too deeply", "options are at most five levels deep")
        return source
    _take_documents(source, nodes)
    return source


def _without_tabs(source: Source, number: int, line: str) -> str:
    """Note a tab in the indentation, and guess what was meant, so that the rest can be checked too."""
    indentation = line[: len(line) - len(line.lstrip(" \t"))]
    if "\t" not in indentation or not line.strip():
        return line
    place = Place(number, indentation.index("\t") + 1)
    source.add(place, (), "a tab in the indentation", "YAML wants spaces, two for each level")
    return (indentation.replace("\t", "") or "  " * len(indentation)) + line.lstrip(" \t")


def _read_text(source: Source) -> str | None:
    try:
        with source.file.open("rb") as stream:
            data = stream.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        source.add(Place(), (), "no such file", "check the path; templates come with the program, in config/")
    except IsADirectoryError:
        source.add(Place(), (), "this is a folder", "name the file in it")
    except PermissionError:
        source.add(Place(), (), "this file may not be read", "check its owner and mode, or run with sudo")
    except (OSError, ValueError) as error:  # ValueError: a null byte in the path
        source.add(Place(), (), f"can't be read: {error}")
    else:
        if len(data) > _MAX_BYTES:
            source.add(Place(), (), "larger than 1 MiB", "this is probably no configuration")
            return None
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:  # said, and the rest is read all the same
            before = data[: error.start]
            column = len(before.rsplit(b"\n", 1)[-1].decode("utf-8", "replace")) + 1
            place = Place(before.count(b"\n") + 1, column)
            source.add(place, (), f"byte 0x{data[error.start]:02x} is not UTF-8", "save the file as UTF-8")
            return data.decode("utf-8", "replace")
    return None


def _take_documents(source: Source, nodes: Sequence[yaml.Node | None]) -> None:
    if not nodes or nodes[0] is None or _is_null(nodes[0]):
        source.add(Place(), (), "the file is empty", "a mapping of options is expected")
        return
    for extra in nodes[1:]:
        place = Place() if extra is None else _place(extra)
        source.add(place, (), "a second document ('---') in the same file", "keep one")
    root = nodes[0]
    if not isinstance(root, yaml.MappingNode):
        kind = "a list" if isinstance(root, yaml.SequenceNode) else "a single value"
        source.add(_place(root), (), f"{kind} where a mapping belongs", "lines of the form 'option: value'")
        return
    source.values = _Builder(source).build_root(root)


def _place(node: yaml.Node) -> Place:
    return Place(node.start_mark.line + 1, node.start_mark.column + 1)


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.style is None and node.value in ("", "~", "null", "Null", "NULL")


class _Builder:
    """Turns the node graph into values; aliases give their values again."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._count = 0
        self._open: list[yaml.Node] = []

    def build_root(self, node: yaml.MappingNode) -> dict[str, Value]:
        """The values of a whole document."""
        self._open.append(node)
        return self._mapping(node, ())

    def build(self, node: yaml.Node, keys: Keys) -> Value:
        """The value of a node, whose place is noted under `keys`."""
        self._source.places.setdefault(keys, _place(node))
        self._count += 1
        if self._count > _MAX_VALUES:
            if self._count == _MAX_VALUES + 1:
                self._source.add(_place(node), keys, "too many values", "an alias (*name) multiplies itself here")
            return None
        if any(node is around for around in self._open):
            self._source.add(_place(node), keys, "an alias that contains itself")
            return None
        if node.tag not in _PLAIN_TAGS:
            tag = node.tag.replace(_STANDARD_TAG, "!!")
            self._source.add(_place(node), keys, f"the tag {tag}", "tags are not used here: write plain values")
        self._open.append(node)
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, keys)
            if isinstance(node, yaml.SequenceNode):
                return [self.build(item, (*keys, position)) for position, item in enumerate(node.value)]
            return _scalar(node) if isinstance(node, yaml.ScalarNode) else None
        finally:
            self._open.pop()

    def _mapping(self, node: yaml.MappingNode, keys: Keys) -> dict[str, Value]:
        values: dict[str, Value] = {}
        merged: list[yaml.Node] = []
        first_lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._source.add(_place(key_node), keys, "an option's name must be a word", "write 'option: value'")
                continue
            key = str(key_node.value)
            if key == "<<" and key_node.style is None:
                merged.append(value_node)
                continue
            place, below = _place(key_node), (*keys, key)
            if key in first_lines:
                self._source.add(place, below, "given twice", f"it stands in line {first_lines[key]} already; keep one")
                continue
            first_lines[key] = place.line
            self._source.key_places.setdefault(below, place)
            values[key] = self.build(value_node, below)
        for value_node in merged:
            self._merge(value_node, keys, values)
        return values

    def _merge(self, node: yaml.Node, keys: Keys, values: dict[str, Value]) -> None:
        if isinstance(node, yaml.SequenceNode):
            for item in node.value:
                self._merge(item, keys, values)
        elif isinstance(node, yaml.MappingNode) and not any(node is around for around in self._open):
            self._open.append(node)
            for key, value in self._mapping(node, keys).items():
                values.setdefault(key, value)
            self._open.pop()
        else:
            self._source.add(_place(node), keys, "only a mapping can be merged with '<<'")


def _scalar(node: yaml.ScalarNode) -> Value:
    text = str(node.value)
    if node.style is not None:  # quoted, or a block of text
        return text
    if _is_null(node):
        return None
    if text in ("true", "True", "TRUE"):
        return True
    if text in ("false", "False", "FALSE"):
        return False
    if _INT.match(text) and len(text) <= 18:
        return int(text)
    if _FLOAT.match(text):
        return float(text)
    if _DATE.match(text):
        try:
            return dt.date.fromisoformat(text)
        except ValueError:
            return text
    return text
