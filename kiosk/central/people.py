"""The people file: a CSV with one visitor a line. Every bad line is told with its place."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from kiosk import contract
from kiosk.central.tables import Person

COLUMNS = ("reference", "status", "as_of", "valid_until", "home_area")
_REFERENCE = TypeAdapter(contract.Reference)
_EXPECTED = {
    "reference": "ASHYQ: and 27 letters and digits, as printed by: ashyq-kiosk pass new-reference",
    "status": "red, yellow, blue or green",
    "as_of": "a date and time with its zone, such as 2021-04-14T09:00:00+05:00",
    "valid_until": "a date and time with its zone, or nothing",
    "home_area": "at most 64 letters, or nothing",
}


@dataclass(frozen=True, slots=True)
class BadLine:
    """One thing that is wrong in the people file."""

    file: Path
    line: int
    column: str
    what: str
    expected: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.column}: {self.what}; expected {self.expected}"


class PeopleError(ValueError):
    """The people file can't be used; carries every bad line."""

    def __init__(self, lines: list[BadLine]) -> None:
        super().__init__("\n".join(str(line) for line in lines))
        self.lines = lines


def read_people(file: Path) -> list[Person]:
    """The people of a CSV file in UTF-8 with a header line; raises PeopleError with every bad line."""
    try:
        content = file.read_bytes()
    except OSError as error:
        what = error.strerror or "can't be read"
        raise PeopleError([BadLine(file, 1, "file", what, "a CSV file that can be read")]) from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise PeopleError([BadLine(file, line, "line", "not in UTF-8", "CSV saved as UTF-8")]) from None
    rows = csv.DictReader(io.StringIO(text, newline=""))
    try:
        return _read(file, rows)
    except csv.Error as error:
        raise PeopleError([BadLine(file, rows.line_num + 1, "line", f"no CSV ({error})", "CSV in UTF-8")]) from None


def _read(file: Path, rows: "csv.DictReader[str]") -> list[Person]:
    header = tuple(rows.fieldnames or ())
    if sorted(header) != sorted(COLUMNS):
        # Other names are not repeated: where the header is missing, they are a visitor.
        missing = ", ".join(name for name in COLUMNS if name not in header)
        what = f"missing: {missing}" if missing else "a column too many"
        raise PeopleError([BadLine(file, 1, "header", what, ",".join(COLUMNS))])
    people, bad_lines = [], []
    first_lines: dict[str, int] = {}
    for row in rows:
        problems = _problems(file, rows.line_num, row)
        reference = row["reference"]
        if reference in first_lines:
            what = f"the same visitor as in line {first_lines[reference]}"
            problems.append(BadLine(file, rows.line_num, "reference", what, "each visitor once"))
        first_lines.setdefault(reference, rows.line_num)
        bad_lines += problems
        if not problems:
            people.append(
                Person(
                    reference=reference,
                    status=row["status"],
                    as_of=row["as_of"],
                    valid_until=row["valid_until"] or None,
                    home_area=row["home_area"] or None,
                )
            )
    if bad_lines:
        raise PeopleError(bad_lines)
    return people


def _problems(file: Path, line: int, row: dict[str, str]) -> list[BadLine]:
    # None: a missing or an extra field of this line.
    if None in row.values() or None in row:
        return [BadLine(file, line, "line", "the wrong number of fields", f"{len(COLUMNS)}, as in the header")]
    wrong: set[str] = set()
    try:
        _REFERENCE.validate_python(row["reference"])
    except ValidationError:
        wrong.add("reference")
    fields = {name: row[name] or None for name in COLUMNS if name != "reference"}
    try:
        contract.StatusRecord.model_validate(fields)
    except ValidationError as error:
        wrong |= {str(item["loc"][0]) for item in error.errors()}
    # The value itself is not repeated: it may be a reference.
    return [BadLine(file, line, name, "not valid", _EXPECTED[name]) for name in COLUMNS if name in wrong]
