"""A scanner process that was taken over by a picture: a real one, after real files, sockets and processes."""

import contextlib
import errno
import json
import os
import platform
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from hardware.camera import CameraSettings
from hardware.scanner_child import ScannerChild
from hardware.scanner_wire import ScannerSettings
from tests.hardware.attacks import Targets
from tests.hardware.diary import PATIENCE_S
from tests.hardware.scanning import scanning

# What fails for other reasons where the process is free: not with every kernel, or every user, or on these descriptors.
NOT_SURE = {
    "a namespace of its own", "open counters", "hold up page faults", "load a kernel program", "make rings",
    "read the program's memory", "trace the program", "cut the picture short", "share memory", "send messages",
    "read keys", "watch files", "signal a thread of the program",
}  # fmt: skip
REFUSED = {errno.EPERM, errno.ENOSYS, errno.EACCES}


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The attackers are modules of these tests; the scanner process looks in no current folder."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))


@pytest.fixture
def targets(tmp_path: Path) -> Iterator[Targets]:
    """A secret and a journal on the disk, a server on the network and a local one; the program is this one."""
    for name in ("token", "journal.db"):
        (tmp_path / name).write_text("what must not be had", encoding="ascii")
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        local = stack.enter_context(socket.socket(socket.AF_UNIX))
        local.bind(str(tmp_path / "local"))
        local.listen()
        victim = stack.enter_context(subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE))
        stack.callback(victim.terminate)
        chips = sorted(str(chip) for chip in Path("/dev").glob("gpiochip*"))
        yield Targets(
            secret=str(tmp_path / "token"),
            journal=str(tmp_path / "journal.db"),
            device=chips[0] if chips else "/dev/zero",
            port=server.getsockname()[1],
            unix_socket=str(tmp_path / "local"),
            victim=victim.pid,
        )


@pytest.fixture
def film(studio: Any) -> Path:
    """A second of a code, and half a second without."""
    path: Path = studio.film(*[studio.frame(studio.code("ASHYQ:TEST"))] * 20, *[studio.frame()] * 10)
    return path


def wish(**values: Any) -> tuple[str, ...]:
    return (sys.executable, "-P", "-m", "tests.hardware.taken_over", json.dumps(values))


def brought(source: Path, targets: Targets, **values: Any) -> tuple[dict[str, int], list[Any]]:
    """What the attacks brought from inside a scanner process that reads this source; what was not confined."""
    with scanning(source, command=wish(do="attack", targets=asdict(targets), **values)) as (_, diary):
        [sighting] = diary.wait_for("seen")
        return json.loads(sighting.payload), diary.of("not confined")


@pytest.mark.parametrize("kind", ["film", "folder"])
def test_a_process_that_was_taken_over_gets_nothing(kind: str, film: Path, studio: Any, targets: Targets) -> None:
    """No file, device, socket, program, thread of others, or memory beyond its own; as whoever runs this, root too."""
    source = film if kind == "film" else studio.pictures(*[studio.frame()] * 50)
    result, not_confined = brought(source, targets)
    assert result.pop("take a gigabyte") == errno.ENOMEM
    assert {name: number for name, number in result.items() if number not in REFUSED} == {}
    assert not_confined == []
    assert Path(targets.secret).read_text(encoding="ascii") == "what must not be had"
    assert sorted(path.name for path in Path(targets.journal).parent.iterdir() if "journal" in path.name) == [
        "journal.db"
    ]


def test_the_same_attacks_succeed_where_nothing_is_shut(targets: Targets, tmp_path: Path) -> None:
    """So that the test above means something: each attack is one."""
    with (tmp_path / "picture").open("wb") as picture:
        targets = Targets(**{**asdict(targets), "picture": picture.fileno()})
        done = subprocess.run(
            [sys.executable, "-P", "-m", "tests.hardware.attacks", targets.to_json()],
            capture_output=True, check=True, text=True, pass_fds=[picture.fileno()],
        )  # fmt: skip
    failed = {name for name, number in json.loads(done.stdout).items() if number != 0}
    assert failed <= NOT_SURE | {"connect what it finds"}


def test_without_its_library_the_process_reads_and_says_so(film: Path, targets: Targets) -> None:
    """A kernel or system without the filter: visitors are served, whoever looks after the terminal is told why not so
    well, and limits, capabilities and Landlock (where the kernel has it) stand all the same."""
    result, not_confined = brought(film, targets, without_wall=True)
    assert not_confined == ["there is no usable libseccomp.so.2; apt install libseccomp2"]
    assert result["make a network socket"] in (0, errno.EMFILE)
    assert result["take a gigabyte"] == errno.ENOMEM
    for name in ("open a secret", "open the journal", "create a file"):
        assert result[name] != 0, name


@pytest.mark.skipif(platform.machine() != "x86_64", reason="x32 is a numbering of x86-64")
def test_calls_by_another_numbering_end_the_process(film: Path) -> None:
    """The rules would not see what they mean."""
    with open(os.memfd_create("picture"), "wb") as picture:  # noqa: PTH123  # a descriptor
        picture.truncate(4 << 20)
        child = ScannerChild(wish(do="foreign"), picture.fileno())
        child.give(ScannerSettings(CameraSettings(str(film))))
        assert child.status(PATIENCE_S) == -signal.SIGSYS
        child.end()
