"""Rows of an SQLite table taken from single pages, where the tree above them can't be followed any more.

A leaf page of a table holds whole rows and says nothing of whose they are: the caller judges each by what is in it.
Form of pages, cells and records: https://www.sqlite.org/fileformat2.html#b_tree_pages
"""

import struct
from collections.abc import Callable, Iterator
from pathlib import Path

_LEAF_OF_TABLE = 13
_PAGE_SIZES = frozenset(1 << power for power in range(9, 17))
_USUAL_PAGE_BYTES = 4096
_LOG_HEAD_BYTES, _FRAME_HEAD_BYTES = 32, 24

Value = int | float | str | bytes | None
Row = tuple[int, list[Value]]
"""The row's number, and its columns in the order in which they were made."""


def rows_of(path: Path, is_over: Callable[[], bool]) -> Iterator[Row]:
    """Every row that any page of a database or of its log still holds, older versions before newer ones.

    Either may be missing. is_over: whether to end now, finished or not. Never raises because of what the files hold;
    OSError.
    """
    log = path.with_name(path.name + "-wal")
    page_bytes = _page_bytes(path, log)
    older, newest = _frames(log, page_bytes)
    pages = range(0, path.stat().st_size if path.exists() else 0, page_bytes)
    for file, places in ((log, older), (path, pages), (log, newest)):
        if not places:
            continue
        with file.open("rb") as stream:
            for place in places:
                if is_over():
                    return
                stream.seek(place)
                yield from _rows_on(stream.read(page_bytes))


def _page_bytes(path: Path, log: Path) -> int:
    for file, place, form in ((path, 16, ">H"), (log, 8, ">I")):
        if file.exists():
            with file.open("rb") as stream:
                head = stream.read(_LOG_HEAD_BYTES)
            if len(head) == _LOG_HEAD_BYTES and (found := int(struct.unpack_from(form, head, place)[0])) in _PAGE_SIZES:
                return found
    return _USUAL_PAGE_BYTES


def _frames(log: Path, page_bytes: int) -> tuple[list[int], list[int]]:
    """Where the pages in a log begin: those of earlier rounds, which stand behind the newest frames, and the newest."""
    if not log.exists():
        return [], []
    step = _FRAME_HEAD_BYTES + page_bytes
    places = range(_LOG_HEAD_BYTES, log.stat().st_size - step + 1, step)
    salts = []
    with log.open("rb") as stream:
        for place in (8, *places):  # the log's own first: those of all frames of the same round
            stream.seek(place + 8)
            salts.append(stream.read(8))
    current = salts[0] if salts[0] in salts[1:] else salts[1] if places else b""
    newest = [place + _FRAME_HEAD_BYTES for place, own in zip(places, salts[1:], strict=True) if own == current]
    older = [place + _FRAME_HEAD_BYTES for place, own in zip(places, salts[1:], strict=True) if own != current]
    return older, newest


def _rows_on(page: bytes) -> Iterator[Row]:
    if len(page) < 8 or page[0] != _LEAF_OF_TABLE:
        return
    (cells,) = struct.unpack_from(">H", page, 3)
    for number in range(min(cells, (len(page) - 8) // 2)):
        (place,) = struct.unpack_from(">H", page, 8 + 2 * number)
        try:
            size, place = _varint(page, place)
            row_id, place = _varint(page, place)
            if size <= len(page) - 35:  # larger ones go on elsewhere; none of ours is
                yield row_id, _record(page[place : place + size])
        except (IndexError, ValueError, struct.error):  # no cell of a row
            continue


def _record(payload: bytes) -> list[Value]:
    head_bytes, place = _varint(payload, 0)
    if head_bytes > len(payload):
        raise ValueError("a record's head is longer than the record")
    kinds = []
    while place < head_bytes:
        kind, place = _varint(payload, place)
        kinds.append(kind)
    values: list[Value] = []
    for kind in kinds:
        size = (0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0)[kind] if kind < 12 else (kind - 12) // 2
        content = payload[place : place + size]
        if len(content) != size:
            raise ValueError("a record that is cut off")
        values.append(_value(kind, content))
        place += size
    return values


def _value(kind: int, content: bytes) -> Value:
    if kind >= 12:
        return content if kind % 2 == 0 else content.decode("utf-8")
    if kind == 7:
        return float(struct.unpack(">d", content)[0])
    if kind in (8, 9):
        return kind - 8
    return None if kind in (0, 10, 11) else int.from_bytes(content, "big", signed=True)


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = 0
    for number in range(9):
        byte = data[place + number]
        if number == 8:
            return (value << 8) | byte, place + 9
        value = (value << 7) | (byte & 0x7F)
        if byte < 0x80:
            return value, place + number + 1
    raise AssertionError("the ninth byte ends it")
