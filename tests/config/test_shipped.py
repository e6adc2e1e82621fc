"""The files that come with the program, the schema for editors, and files that nobody would write on purpose."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from typer.testing import CliRunner

from config import AdmissionRules, SecretError, Settings, check, load, read_secret, shipped
from kiosk.__main__ import app

Write = Callable[[str | bytes], Path]
TEXT = shipped("kiosk.yaml").read_text(encoding="utf-8")


def options(model: type[BaseModel], keys: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every option of the model that is no group."""
    for name, field in model.model_fields.items():
        kinds = [kind for kind in (field.annotation, *getattr(field.annotation, "__args__", ())) if kind is not None]
        groups = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
        if groups:
            for group in groups:
                yield from options(group, (*keys, name))
        else:
            yield (*keys, name)


def value_at(values: Any, keys: tuple[str, ...]) -> object:
    for key in keys:
        values = values[key]
    return values


def test_the_shipped_files_are_in_order(write: Write) -> None:
    """What is to be set stands there as an example."""
    assert check(write(TEXT)) == ()


def test_the_shipped_file_shows_every_option() -> None:
    """What can be set can be found."""
    values = yaml.safe_load(TEXT)
    for keys in options(Settings):
        value_at(values, keys)


def test_the_shipped_values_are_the_defaults(write: Write) -> None:
    """What a technician leaves out is what stands there."""
    full = load(write(TEXT)).settings.model_dump()
    minimal = load(
        write(
            "venue: {category: cinema, area: shymkent/abay, zone: green}\n"
            "central: {url: https://central.example.kz, token_credential: central-token}\n"
        )
    ).settings.model_dump()
    assert full == minimal


def test_the_schema_knows_every_option() -> None:
    """Editors complete it, and mark what is unknown."""
    schema = json.loads(CliRunner().invoke(app, ["config-schema"]).stdout)
    assert schema["additionalProperties"] is False
    text = json.dumps(schema)
    for keys in options(Settings):
        assert f'"{keys[-1]}"' in text
    assert "description" in schema["properties"]["venue"]


def test_the_admission_file_has_every_category_of_the_programme() -> None:
    """From the public announcement."""
    rules = AdmissionRules.model_validate(yaml.safe_load(shipped("admission.yaml").read_text(encoding="utf-8")))
    assert set(rules.categories) == {
        *("fitness_club", "yoga_centre", "spa_centre", "swimming_pool", "computer_club", "bowling_club"),
        *("cinema", "theatre", "philharmonic_hall", "catering", "voluntary_participant"),
        *("interregional_transport", "city_tourist_transport", "billiard_club", "concert_hall"),
        *("karaoke", "banquet_hall", "grocery", "pharmacy"),
    }


LINES = TEXT.split("\n")


@st.composite
def mutations(draw: st.DrawFn) -> bytes:
    """The shipped file after some slips of the hand."""
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(lines) - 1))
        match draw(st.sampled_from(["delete", "double", "swap", "indent", "replace", "cut"])):
            case "delete" if len(lines) > 1:
                del lines[at]
            case "double":
                lines.insert(at, lines[at])
            case "swap":
                other = draw(st.integers(0, len(lines) - 1))
                lines[at], lines[other] = lines[other], lines[at]
            case "indent":
                lines[at] = draw(st.sampled_from([" ", "  ", "\t", "- "])) + lines[at]
            case "cut":
                lines[at] = lines[at][: draw(st.integers(0, len(lines[at])))]
            case _:
                key = lines[at].partition(":")[0]
                lines[at] = f"{key}: {draw(st.text(max_size=12))}"
    return "\n".join(lines).encode("utf-8", "surrogatepass")


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=mutations() | st.binary(max_size=200))
def test_no_slip_of_the_hand_makes_it_raise(write: Write, data: bytes) -> None:
    """Every problem lies within the file, or at its beginning, and says something."""
    path = write(data)
    height = data.count(b"\n") + 2
    for problem in check(path):
        assert problem.place.line >= 1
        assert problem.place.column >= 1
        if str(problem).startswith(f"{path}:"):
            # A carriage return and Unicode's own line ends begin new lines in YAML, too.
            assert problem.place.line <= height + data.count(b"\r") + data.count(b"\xe2\x80") + data.count(b"\xc2\x85")
        assert problem.what


# --- secrets --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "mode", "words"),
    [
        (b"", 0o600, "is empty"),
        (b"  \n", 0o600, "is empty"),
        (b"one\ntwo\n", 0o600, "more than one line"),
        ("сырлы\n".encode(), 0o600, "more than ASCII"),
        (b"x" * 5000, 0o600, "too large"),
        (b"t0ken\n", 0o644, "chmod 600"),
    ],
)
def test_a_token_file_that_can_not_be_used(write: Write, content: bytes, mode: int, words: str) -> None:
    """Says why, and never what stands in it."""
    path = write("venue: {category: cinema, area: a, zone: green}\ncentral: {url: https://c.kz, token_file: token}\n")
    token = path.with_name("token")
    token.write_bytes(content)
    token.chmod(mode)
    with pytest.raises(SecretError, match=words) as raised:
        read_secret(load(path).settings.central)
    assert "t0ken" not in str(raised.value)


def test_a_token_from_systemd(write: Write, tmp_path: Path) -> None:
    """From the folder that systemd names; without one, the message says how."""
    path = write(
        "venue: {category: cinema, area: a, zone: green}\ncentral: {url: https://c.kz, token_credential: door}\n"
    )
    central = load(path).settings.central
    (tmp_path / "door").write_text("t0ken\n", encoding="ascii")
    assert read_secret(central, {"CREDENTIALS_DIRECTORY": str(tmp_path)}) == "t0ken"
    with pytest.raises(SecretError, match="LoadCredential=door:FILE"):
        read_secret(central, {})
