"""The wheel holds everything, and runs where there is no checkout."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

_WHERE = "import kiosk, config; print(kiosk.__file__); print(config.shipped('kiosk.yaml'))"
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy, so that no build folder is left in the checkout."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for room in ("kiosk", "hardware", "config"):
        shutil.copytree(ROOT / room, source / room, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--quiet"]
    subprocess.run([*command, "--wheel-dir", str(target), str(source)], check=True, capture_output=True, timeout=300)
    [path] = target.glob("*.whl")
    return path


def test_the_wheel_holds_every_file_that_is_no_code(wheel: Path) -> None:
    """YAML, .kv, catalogues, sounds, the API document: whatever stands beside the code is in the wheel."""
    names = set(zipfile.ZipFile(wheel).namelist())
    beside = {
        str(path.relative_to(ROOT))
        for room in ("kiosk", "hardware", "config")
        for path in (ROOT / room).rglob("*")
        if path.is_file() and path.suffix not in (".pyc", ".pyo") and "__pycache__" not in path.parts
    }
    assert beside - names == set()
    assert not [name for name in names if name.startswith("tests/")]


def test_the_installed_wheel_checks_a_configuration_elsewhere(wheel: Path, tmp_path: Path) -> None:
    """Without the checkout on its path the program finds its own files."""
    place, elsewhere = tmp_path / "installed", tmp_path / "elsewhere"
    elsewhere.mkdir()
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(place), str(wheel)],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(place)}
    where = subprocess.run(
        [sys.executable, "-P", "-c", _WHERE],
        check=True, capture_output=True, text=True, cwd=elsewhere, env=environment,
    )  # fmt: skip
    module, shipped = where.stdout.split()
    assert Path(module).is_relative_to(place)
    assert Path(shipped).is_relative_to(place)
    done = subprocess.run(
        [sys.executable, "-P", "-m", "kiosk", "check-config", shipped],
        check=False, capture_output=True, text=True, cwd=elsewhere, env=environment,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, f"{shipped}: all is well\n")
