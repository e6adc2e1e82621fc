"""What systemd is told, on a real socket."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kiosk.services.health import Notifier, Watchdog, Watched


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[socket.socket]:
    """A socket that listens as systemd does."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(str(tmp_path / "notify"))
    listener.settimeout(10)
    yield listener
    listener.close()


def notifier(systemd: socket.socket, **environment: str) -> Notifier:
    return Notifier({"NOTIFY_SOCKET": systemd.getsockname(), **environment})


def test_facts_arrive_in_one_message(systemd: socket.socket) -> None:
    """As sd_notify(3) has it."""
    notifier(systemd).tell("READY=1", "STATUS=at work")
    assert systemd.recv(100) == b"READY=1\nSTATUS=at work"


def test_an_abstract_socket_is_found() -> None:
    """An address that begins with @."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        name = f"ashyq-{os.getpid()}"
        listener.bind(f"\0{name}")
        listener.settimeout(10)
        Notifier({"NOTIFY_SOCKET": f"@{name}"}).tell("READY=1")
        assert listener.recv(100) == b"READY=1"


def test_without_systemd_it_is_silent(tmp_path: Path) -> None:
    """Also when the listener has gone."""
    Notifier({}).tell("READY=1")
    Notifier({"NOTIFY_SOCKET": str(tmp_path / "nobody")}).tell("READY=1")


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "10000000"}, 10.0),
        ({"WATCHDOG_USEC": "10000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "10000000", "WATCHDOG_PID": "1", "ASHYQ_KIOSK_WATCHDOG": "child"}, 10.0),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_whose_watchdog_it_is(environment: dict[str, str], seconds: float | None) -> None:
    """Ours, our parent's if it hands it on, nobody's."""
    assert Notifier(environment).watchdog_s == seconds


def test_systemd_hears_nothing_while_a_part_hangs(systemd: socket.socket, clock: Any) -> None:
    """And hears again when it goes on."""
    beats = {"controller": clock.monotonic(), "screen": clock.monotonic()}
    watchdog = Watchdog(
        notifier(systemd, WATCHDOG_USEC="30000"),
        clock,
        tuple(Watched(name, lambda name=name: beats[name], 2.0) for name in beats),  # type: ignore[misc]  # mypy can't type the default
    )
    assert watchdog.check() == ()
    clock.advance(3)
    beats["screen"] = clock.monotonic()
    assert watchdog.check() == ("controller",)
    watchdog.start()
    beats["controller"] = clock.monotonic()
    assert systemd.recv(100) == b"WATCHDOG=1"
    assert watchdog.stop(10)
