"""Every mistake is told with its place, what is wrong, and what is expected."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from config import ConfigurationError, check, load
from kiosk.__main__ import app

VENUE = "venue: {category: cinema, area: a, zone: green}\n"
CENTRAL = "central: {url: https://c.kz, token_file: token}\n"
SOUND = VENUE + CENTRAL
NO_TOKEN = "no token; name its file in token_file, or set token_credential"

Write = Callable[[str | bytes], Path]

BROKEN: dict[str, tuple[str | bytes, list[str]]] = {
    "unknown option": (
        SOUND + "camera:\n  widht: 800\n",
        ["4:3: camera.widht: unknown option; did you mean 'width'?"],
    ),
    "unknown group": (SOUND + "camra: {}\n", ["3:1: camra: unknown option; did you mean 'camera'?"]),
    "wrong type": (
        SOUND + "camera:\n  width: wide\n",
        ["4:10: camera.width: 'wide' does not belong here; a whole number is expected"],
    ),
    "yes for a number": (
        SOUND + "camera: {width: true}\n",
        ["3:17: camera.width: true does not belong here; a whole number is expected"],
    ),
    "nothing for a number": (
        SOUND + "camera: {width: null}\n",
        ["3:17: camera.width: nothing does not belong here; a whole number is expected"],
    ),
    "region beyond the picture": (
        SOUND + "camera: {region: {left: 0.5, width: 0.6}}\n",
        [("3:37: camera.region.width: left and width are 1.1 together; at most 1 is expected: the whole picture")],
    ),
    "region beyond the picture by default": (
        SOUND + "camera: {region: {top: 0.5}}\n",
        ["3:24: camera.region.top: top and height are 1.5 together; at most 1 is expected: the whole picture"],
    ),
    "region without area": (
        SOUND + "camera: {region: {height: 0}}\n",
        ["3:27: camera.region.height: the number 0 is out of range; at least 0.05 is expected"],
    ),
    "exposure without unit": (
        SOUND + "camera: {exposure: 10}\n",
        [
            (
                "3:20: camera.exposure: the number 10 has no unit; a number with a unit is expected: ms, s, min, h "
                "or d; did you mean '10 s'?"
            )
        ],
    ),
    "exposure of no kind": (
        SOUND + "camera: {exposure: automatic}\n",
        ["3:20: camera.exposure: 'automatic' is no exposure; auto, or a time such as 10 ms is expected"],
    ),
    "exposure too long": (
        SOUND + "camera: {exposure: 2 s}\n",
        ["3:20: camera.exposure: 2 s is out of range; between 0.1 ms and 1 s is expected"],
    ),
    "focus below nothing": (
        SOUND + "camera: {focus: -1, gain: true}\n",
        [
            "3:17: camera.focus: the number -1 does not belong here; auto, or a number from 0 on is expected",
            "3:27: camera.gain: true does not belong here; auto, or a number from 0 on is expected",
        ],
    ),
    "mains of another world": (
        SOUND + "camera: {power_line: 55}\n",
        ["3:22: camera.power_line: the number 55 is not allowed here; 50 or 60 is expected"],
    ),
    "csi camera without number": (
        SOUND + "camera: {source: 'csi:'}\n",
        [
            (
                "3:18: camera.source: 'csi:' is no camera; csi: with the number of a CSI camera is expected; "
                "did you mean 'csi:0'?"
            )
        ],
    ),
    "out of range": (
        SOUND + "screen:\n  volume: 101\n",
        ["4:11: screen.volume: the number 101 is out of range; at most 100 is expected"],
    ),
    "pin used twice": (
        SOUND + "door:\n  relay: {pin: 22}\n",
        [
            (
                "4:16: door.relay.pin: pin 22 is used twice; lights.green.pin has it already (by default); "
                "each needs a pin of its own, or null"
            )
        ],
    ),
    "unknown zone": (
        VENUE.replace("green", "gren") + CENTRAL,
        ["1:42: venue.zone: 'gren' is not allowed here; green, yellow or red is expected; did you mean 'green'?"],
    ),
    "unknown language": (
        SOUND + "screen: {languages: [kk, de]}\n",
        ["3:26: screen.languages[1]: 'de' is not allowed here; kk, ru or en is expected"],
    ),
    "no time": (
        SOUND + "door: {release: 5 parsecs}\n",
        ["3:17: door.release: '5 parsecs' is not a time; a number with a unit is expected: ms, s, min, h or d"],
    ),
    "a time that is no number": (
        SOUND + "door: {release: .nan}\n",
        ["3:17: door.release: '.nan' is not a time; a number with a unit is expected: ms, s, min, h or d"],
    ),
    "longer than the hard limit": (
        SOUND + "door: {release: 20 s}\n",
        ["3:17: door.release: release is longer than maximum_on; the relay would be cut off before"],
    ),
    "duplicate key": (
        SOUND + "log: {level: info}\nlog: {level: debug}\n",
        ["4:1: log: given twice; it stands in line 3 already; keep one"],
    ),
    "tab": (
        SOUND + "camera:\n\twidth: 800\n",
        ["4:1: a tab in the indentation; YAML wants spaces, two for each level"],
    ),
    "list for a mapping": (
        SOUND + "camera: [0]\n",
        ["3:9: camera: a list does not belong here; a mapping is expected: lines of the form 'option: value'"],
    ),
    "list for everything": ("- a\n", ["1:1: a list where a mapping belongs; lines of the form 'option: value'"]),
    "empty": ("", ["1:1: the file is empty; a mapping of options is expected"]),
    "secret in the file": (
        VENUE + "central: {url: https://c.kz, token: abc}\n",
        [
            f"2:1: central: {NO_TOKEN}",
            (
                "2:30: central.token: unknown option; secrets do not belong into this file: "
                "see token_file and token_credential under central"
            ),
        ],
    ),
    "no secret": (VENUE + "central: {url: https://c.kz}\n", [f"2:1: central: {NO_TOKEN}"]),
    "unencrypted": (
        SOUND.replace("https:", "http:"),
        ["2:16: central.url: unencrypted http; https:// is expected; http is for this machine itself only"],
    ),
    "tag": (
        SOUND + "camera: !!python/object:os.system {}\n",
        ["3:9: camera: the tag !!python/object:os.system; tags are not used here: write plain values"],
    ),
    "an alias within itself": (
        SOUND + "camera: &a {width: *a}\n",
        [
            "3:9: camera.width: an alias that contains itself",
            "3:9: camera.width: nothing does not belong here; a whole number is expected",
        ],
    ),
    "not closed": (
        SOUND + "camera: {width: [}\n",
        ["3:18: not valid YAML: expected the node content, but found '}'; check indentation and quotes"],
    ),
    "nested without end": (
        SOUND + "camera: " + "[" * 3000 + "]" * 3000 + "\n",
        ["1:1: nested too deeply; options are at most five levels deep"],
    ),
    "not UTF-8": (
        SOUND.encode() + "# Привет".encode("cp1251"),
        ["3:3: byte 0xcf is not UTF-8; save the file as UTF-8"],
    ),
    "several": (
        "venue: {category: cinema, zone: green}\n" + CENTRAL + "camera: {fps: -1}\nscren: {}\n",
        [
            "1:1: venue.area: missing; this option has no default",
            "3:15: camera.fps: the number -1 is out of range; at least 1 is expected",
            "4:1: scren: unknown option; did you mean 'screen'?",
        ],
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_each_mistake_is_told_with_its_place(write: Write, name: str) -> None:
    """All of them, in the order of their places, and nothing else."""
    text, expected = BROKEN[name]
    path = write(text)
    assert [str(problem) for problem in check(path)] == [f"{path}:{line}" for line in expected]
    with pytest.raises(ConfigurationError):
        load(path)


def test_a_category_without_rules_names_the_nearest(write: Write) -> None:
    """The categories are those of the admission file."""
    path = write(SOUND.replace("cinema", "cinemma"))
    [problem] = check(path)
    assert str(problem).startswith(f"{path}:1:19: venue.category: ")
    assert "did you mean 'cinema'?" in str(problem)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """Nor is a folder a file."""
    assert str(check(tmp_path / "kiosk.yaml")[0]).startswith(f"{tmp_path}/kiosk.yaml:1:1: no such file; check the path")
    assert str(check(tmp_path)[0]) == f"{tmp_path}:1:1: this is a folder; name the file in it"


def test_an_admission_file_that_is_not_there_is_told_where_it_is_named(write: Write) -> None:
    """The option that names it is what must be mended."""
    path = write(SOUND + "admission: nowhere.yaml\n")
    [problem] = check(path)
    assert str(problem).startswith(f"{path}:3:12: admission: {path.parent}/nowhere.yaml: no such file")


def test_mistakes_in_the_admission_file_are_told_there(write: Write) -> None:
    """Beside those of the configuration itself."""
    path = write(SOUND + "camra: {}\nadmission: rules.yaml\n")
    rules = path.with_name("rules.yaml")
    rules.write_text(
        "categories:\n"
        "  cinema: {admits: [green, bleu]}\n"
        "  cinema: {admits: [green]}\n"
        "  theatre: {admits: [green], starts: 2021-14-04}\n"
        "  karaoke: {zones: [green]}\n"
        "  pharmacy: {admits: [green], near_home: [yellow]}\n",
        encoding="utf-8",
    )
    assert [str(problem) for problem in check(path)] == [
        f"{path}:3:1: camra: unknown option; did you mean 'camera'?",
        (
            f"{rules}:2:28: categories.cinema.admits[1]: 'bleu' is not allowed here; red, yellow, blue or green is "
            "expected; did you mean 'blue'?"
        ),
        f"{rules}:3:3: categories.cinema: given twice; it stands in line 2 already; keep one",
        (
            f"{rules}:4:38: categories.theatre.starts: '2021-14-04' does not belong here; a date such as 2021-04-14 is "
            "expected"
        ),
        f"{rules}:5:3: categories.karaoke.admits: missing; this option has no default",
        f"{rules}:6:43: categories.pharmacy.near_home[0]: 'yellow' is not admitted at all; add it to admits as well",
    ]


def test_the_command_prints_every_problem_and_ends_with_78(write: Write) -> None:
    """As a technician sees it over ssh."""
    path = write(SOUND + "camera: {fps: -1}\nscren: {}\n")
    done = CliRunner().invoke(app, ["check-config", str(path)])
    assert done.exit_code == 78
    assert [line.partition(": ")[0] for line in done.stdout.splitlines()] == [f"{path}:3:15", f"{path}:4:1"]


def test_the_command_says_in_one_line_that_all_is_well(write: Write) -> None:
    """And ends with 0."""
    path = write(SOUND)
    done = CliRunner().invoke(app, ["check-config", str(path)])
    assert (done.exit_code, done.stdout) == (0, f"{path}: all is well\n")
