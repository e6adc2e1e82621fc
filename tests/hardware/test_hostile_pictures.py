"""Hostile pictures and odd codes stop nothing: no error leaves the reader, nothing crashes, each takes its time only.

A share of them in every run; all of them by `make hostile`. They are read in a process of its own, as in the terminal:
a crash would be this test's failure and not its end.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SHARE, ALL, AT_ONCE = 308, 10_000, 250


def read(first: int, count: int) -> dict[str, object]:
    """What the reader did on these pictures, and on the odd codes where `count` is 0."""
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("hostile_reading.py")), str(first), str(count)],
        capture_output=True, check=False, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.returncode == 0, f"ended with {done.returncode} at {done.stdout[-100:]} {done.stderr[-2000:]}"
    result: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return result


def test_hostile_pictures_stop_nothing() -> None:
    """Noise, patterns that look like codes, damaged codes, files and contents, odd sizes: the next picture is read."""
    result = read(0, SHARE)
    assert result["errors"] == {}
    assert result["slow"] == {}
    assert result["after"] == ["ASHYQ:AFTER"]


def test_odd_codes_stop_nothing() -> None:
    """Parts of several, all character sets, all contents, empty ones and lying ones: the next picture is read."""
    result = read(0, 0)
    assert result["errors"] == {}
    assert result["slow"] == {}
    assert result["after"] == ["ASHYQ:AFTER"]


@pytest.mark.hostile
@pytest.mark.parametrize("first", range(0, ALL, AT_ONCE))
def test_ten_thousand_hostile_pictures_stop_nothing(first: int) -> None:
    """The long run, in processes of so many each; a picture that breaks something is made again from its number."""
    result = read(first, AT_ONCE)
    sys.stdout.write(f" {first}: {json.dumps(result)}\n")
    assert result["errors"] == {}
    assert result["slow"] == {}
    assert result["after"] == ["ASHYQ:AFTER"]
