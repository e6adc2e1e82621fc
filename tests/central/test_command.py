"""`ashyq-kiosk central`, run as an operator runs it."""

import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from kiosk.adapters import issuing
from kiosk.core.credential import format_reference
from tests.central.caller import Caller

ALIYA = format_reference(issuing.new_reference())
_PATIENCE_S = 30.0


@pytest.fixture
def people(tmp_path: Path) -> Path:
    file = tmp_path / "people.csv"
    file.write_text(
        f"reference,status,as_of,valid_until,home_area\n{ALIYA},red,2021-06-01T09:00:00Z,,\n", encoding="utf-8"
    )
    return file


def free_port() -> int:
    with socket.socket() as probing:
        probing.bind(("127.0.0.1", 0))
        return int(probing.getsockname()[1])


@contextmanager
def running(*options: str) -> Iterator[tuple[subprocess.Popen[str], Caller]]:
    """The command on a port of its own, once it answers."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "kiosk", "central", "--port", str(port), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    caller = Caller(f"http://127.0.0.1:{port}")
    deadline = time.monotonic() + _PATIENCE_S
    try:
        while True:
            try:
                caller.call("GET", "/healthz", token=None)
                break
            except requests.ConnectionError:
                assert process.poll() is None, process.communicate()[0]
                assert time.monotonic() < deadline
                with pytest.raises(subprocess.TimeoutExpired):
                    process.wait(0.05)
        yield process, caller
    finally:
        caller.close()
        process.kill()
        process.communicate()


def failing(*options: str) -> tuple[int, str]:
    """Exit status and what is said by a command that does not start."""
    done = subprocess.run(
        [sys.executable, "-m", "kiosk", "central", "--port", str(free_port()), *options],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stderr


def test_first_start_makes_a_token(people: Path) -> None:
    """A central without terminals lets one in, by a token that only its owner can read; SIGTERM ends it in order."""
    with running("--data", str(people)) as (process, caller):
        token_file = people.parent / "central-token"
        assert stat.S_IMODE(token_file.stat().st_mode) == 0o600
        token = token_file.read_text(encoding="ascii").strip()
        answer = caller.call("POST", "/v1/checks", {"reference": ALIYA}, token=token)
        assert answer.json()["record"]["status"] == "red"
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=30)[0]
    assert process.returncode in (0, -signal.SIGTERM)
    assert "1 people from" in said
    assert token not in said
    assert ALIYA not in said


def test_named_terminals_and_keys(people: Path, tmp_path: Path) -> None:
    """A terminal by its token file, and the public keys of passes."""
    (tmp_path / "t").write_text("t0ken\n", encoding="ascii")
    (tmp_path / "keys").write_text(issuing.public_key_set([issuing.new_key("k9")]), encoding="ascii")
    options = ["--data", str(people), "--terminal", f"cinema={tmp_path / 't'}", "--keys", str(tmp_path / "keys")]
    with running(*options) as (_, caller):
        assert caller.call("GET", "/v1/keys", token="t0ken").json()["keys"][0]["kid"] == "k9"
    assert not (tmp_path / "central-token").exists()


def test_what_is_wrong_is_said(people: Path, tmp_path: Path) -> None:
    """Bad people, keys, tokens and certificates: the file, the mistake, exit status 78."""
    (tmp_path / "empty").touch()
    data = ["--data", str(people)]
    bad_people = tmp_path / "bad.csv"
    bad_people.write_text("name\n", encoding="utf-8")
    for options, words in (
        (["--data", str(bad_people)], f"{bad_people}:1: header: missing"),
        ([*data, "--keys", str(people)], "no JWK Set"),
        ([*data, "--terminal", "cinema"], "NAME=TOKENFILE is expected"),
        ([*data, "--terminal", f"cinema={tmp_path / 'empty'}"], "one line with the token is expected"),
        ([*data, "--certificate", str(people)], "no certificate (PEM)"),
        ([*data, "--private-key", str(people)], "of no use without --certificate"),
    ):
        status, said = failing(*options)
        assert (status, words in said) == (78, True), said
        assert "Traceback" not in said
