"""The people file: every bad line with its place, and never with what it holds."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.adapters import issuing
from kiosk.central.people import PeopleError, read_people
from kiosk.core.credential import format_reference

HEADER = "reference,status,as_of,valid_until,home_area\n"
ALIYA, BOLAT = (format_reference(issuing.new_reference()) for _ in range(2))
SOUND = f"{ALIYA},green,2021-06-01T09:00:00+05:00,,\n"

Write = Callable[[str | bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to_file(text: str | bytes) -> Path:
        file = tmp_path / "people.csv"
        file.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
        return file

    return to_file


def complaints(file: Path) -> list[str]:
    """What is wrong with a file, without the file's name."""
    with pytest.raises(PeopleError) as caught:
        read_people(file)
    assert ALIYA[6:20] not in str(caught.value)
    return [str(line).removeprefix(f"{file}:") for line in caught.value.lines]


def test_people(write: Write) -> None:
    """Columns in any order, optional fields empty, a byte order mark as spreadsheets write it, names in Cyrillic."""
    text = f"\ufeffstatus,reference,home_area,as_of,valid_until\nblue,{ALIYA},Шымкент/Абай,2021-06-01T09:00:00Z,\n"
    [person] = read_people(write(text))
    assert (person.reference, person.status, person.valid_until, person.home_area) == (
        ALIYA,
        "blue",
        None,
        "Шымкент/Абай",
    )


def test_nobody(write: Write) -> None:
    """A header alone is a people file with nobody in it."""
    assert read_people(write(HEADER)) == []


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f"{ALIYA},mauve,2021-06-01T09:00:00Z,,", "status: not valid; expected red, yellow, blue or green"),
        (f"{ALIYA},red,2021-06-01T09:00:00,,", "as_of: not valid; expected a date and time with its zone"),
        (f"{ALIYA},red,2021-06-01T09:00:00Z,soon,", "valid_until: not valid; expected a date and time with its zone"),
        (f"{ALIYA},red,2021-06-01T09:00:00Z,,{'x' * 65}", "home_area: not valid; expected at most 64 letters"),
        (f"{ALIYA[:-1]},red,2021-06-01T09:00:00Z,,", "reference: not valid; expected ASHYQ: and 27"),
        (f"{ALIYA},red,2021-06-01T09:00:00Z,", "line: the wrong number of fields; expected 5"),
        (f"{ALIYA},red,2021-06-01T09:00:00Z,,,", "line: the wrong number of fields; expected 5"),
    ],
)
def test_a_bad_line(write: Write, line: str, expected: str) -> None:
    """Told with its number, its column and what would be right."""
    [complaint] = complaints(write(f"{HEADER}{BOLAT},green,2021-06-01T09:00:00Z,,\n{line}\n"))
    assert complaint.startswith(f"3: {expected}")


def test_every_bad_line_at_once(write: Write) -> None:
    """Not one a try."""
    assert [line[:9] for line in complaints(write(HEADER + "x,y,z,,\n" + SOUND + "q,y\n"))] == [
        "2: refere",
        "2: status",
        "2: as_of:",
        "4: line: ",
    ]


def test_twice(write: Write) -> None:
    """One visitor has one status; the file must not leave open which."""
    [complaint] = complaints(write(HEADER + SOUND + SOUND))
    assert complaint == "3: reference: the same visitor as in line 2; expected each visitor once"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "1: header: missing: reference, status, as_of, valid_until, home_area"),
        (SOUND, "1: header: missing: reference"),
        ("reference,status,as_of,valid_until,home_area,name\n", "1: header: a column too many"),
        (HEADER.encode() + "Шымкент".encode("cp1251"), "2: line: not in UTF-8"),
        (HEADER.encode() + b"a\0b,,,,\n", "2: "),
        (HEADER + '"' + "x" * 200_000, "2: line: no CSV"),
    ],
)
def test_no_people_file(write: Write, content: str | bytes, expected: str) -> None:
    """A spreadsheet of another kind, another encoding, no text at all."""
    assert complaints(write(content))[0].startswith(expected)


def test_no_file(tmp_path: Path) -> None:
    """A missing file and a folder are told as such."""
    assert "No such file" in complaints(tmp_path / "missing.csv")[0]
    assert "Is a directory" in complaints(tmp_path)[0]
