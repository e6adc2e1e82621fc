"""`ashyq-kiosk pass`: from a new key to a code that a scanner reads, and every way to get it wrong."""

import json
import stat
from pathlib import Path

import cv2
import pytest
import zxingcpp
from typer.testing import CliRunner, Result

from kiosk.__main__ import app

SOON = ["--expires-in", "1 h"]


def run(*arguments: object, stdin: str | None = None) -> Result:
    """The command as a technician types it."""
    return CliRunner().invoke(app, ["pass", *map(str, arguments)], input=stdin)


@pytest.fixture
def reference() -> str:
    return run("new-reference").stdout.strip()


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """A private key; its public set is keys.json beside it."""
    file = tmp_path / "issuer.json"
    assert run("new-key", "--out", file, "--public", tmp_path / "keys.json", "--key-id", "k1").exit_code == 0
    return file


def test_from_key_to_code(key: Path, reference: str, tmp_path: Path) -> None:
    """A pass is issued, drawn, read by a decoder and verified."""
    picture = tmp_path / "pass.png"
    issued = run("issue", "--key", key, "--reference", reference, "--language", "kk", *SOON, "--out", picture)
    assert issued.exit_code == 0
    text = issued.stdout.strip()
    assert [found.text for found in zxingcpp.read_barcodes(cv2.imread(str(picture)))] == [text]
    verified = run("verify", "--keys", tmp_path / "keys.json", text)
    assert (verified.exit_code, "genuine: key k1" in verified.stdout, "language kk" in verified.stdout) == (
        0,
        True,
        True,
    )
    assert reference not in verified.output
    assert run("verify", "--keys", tmp_path / "keys.json", "-", stdin=text + "\n").exit_code == 0


def test_printed_reference(reference: str, tmp_path: Path) -> None:
    """Paper holds the bare reference, as a picture or a drawing to scale."""
    picture = tmp_path / "paper.png"
    assert run("print", "--reference", reference, "--out", picture).exit_code == 0
    assert zxingcpp.read_barcodes(cv2.imread(str(picture)))[0].text == reference
    assert run("print", "--reference", reference, "--out", tmp_path / "paper.svg").exit_code == 0
    assert "<svg" in (tmp_path / "paper.svg").read_text(encoding="utf-8")


def test_keys_are_kept_safe(key: Path, tmp_path: Path) -> None:
    """The private key is for its owner's eyes; what is public holds nothing of it; no file is overwritten."""
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    secret = json.loads(key.read_text(encoding="utf-8"))["d"]
    assert secret not in (tmp_path / "keys.json").read_text(encoding="utf-8")
    before = key.read_bytes()
    again = run("new-key", "--out", key)
    assert (again.exit_code, "exists already" in again.stderr, key.read_bytes()) == (78, True, before)
    clash = run("new-key", "--out", tmp_path / "other.json", "--public", tmp_path / "keys.json")
    assert (clash.exit_code, (tmp_path / "other.json").exists()) == (78, False)


def test_many_references() -> None:
    """All of them different."""
    lines = run("new-reference", "--count", 50).stdout.split()
    assert len(set(lines)) == 50


def test_a_pass_that_has_expired(key: Path, reference: str, tmp_path: Path) -> None:
    """Genuine, and not valid: both are said."""
    times = ["--issued-at", "2021-04-14T09:00:00+05:00", "--expires-at", "2021-05-14T09:00:00+05:00"]
    text = run("issue", "--key", key, "--reference", reference, *times).stdout.strip()
    verified = run("verify", "--keys", tmp_path / "keys.json", text)
    assert (verified.exit_code, "genuine" in verified.stdout, "expired" in verified.stderr) == (65, True, True)


def test_a_pass_of_another_key(key: Path, reference: str, tmp_path: Path) -> None:
    """Forged when the name of the key is known, unknown otherwise, damaged when half of it is missing."""
    keys = tmp_path / "keys.json"
    for key_id, word in (("k1", "forged"), ("k2", "not in the key set")):
        other = tmp_path / f"other-{key_id}.json"
        run("new-key", "--out", other, "--key-id", key_id)
        text = run("issue", "--key", other, "--reference", reference, *SOON).stdout.strip()
        verified = run("verify", "--keys", keys, text)
        assert (verified.exit_code, word in verified.stderr) == (65, True), verified.output
    assert "damaged" in run("verify", "--keys", keys, text[: len(text) // 2]).stderr


@pytest.mark.parametrize(
    ("options", "status", "words"),
    [
        (["--expires-in", "soon"], 65, "expected a number and min, h or d"),
        (["--expires-in", "999999999 d"], 65, "beyond the calendar"),
        (["--expires-at", "tomorrow"], 65, "ISO 8601 with time zone"),
        (["--issued-at", "2021-04-14T09:00:00"], 65, "ISO 8601 with time zone"),
        (["--issued-at", "2021-04-14T09:00:00Z", "--expires-at", "2021-04-13T09:00:00Z"], 65, "expire"),
        ([*SOON, "--out", "pass.jpg"], 65, "ends in .png or .svg"),
        ([*SOON, "--out", "/nowhere/pass.png"], 78, "can't be written"),
        ([*SOON, "--reference", "ASHYQ:0"], 65, "not a visitor reference"),
        ([*SOON, "--key", "/nowhere/key.json"], 78, "can't be read"),
        ([*SOON, "--language", "de"], 2, "--language"),
    ],
)
def test_bad_options(key: Path, reference: str, options: list[str], status: int, words: str) -> None:
    """Each is named with what is expected; nothing is printed that could be taken for a pass."""
    result = run("issue", "--key", key, "--reference", reference, *options)
    assert (result.exit_code, words in result.stderr) == (status, True), result.output
    assert result.stdout == ""
    assert reference not in result.output


def test_bad_key_files(reference: str, tmp_path: Path) -> None:
    """A key file that is none is said to be none, and not quoted."""
    file = tmp_path / "bad"
    for content in (b"", b"\xff\xfe", b'{"d": "c2VjcmV0"}', b"[]"):
        file.write_bytes(content)
        for result in (
            run("issue", "--key", file, "--reference", reference, *SOON),
            run("verify", "--keys", file, "PASS"),
        ):
            assert result.exit_code in (65, 78)
            assert result.stderr
            assert "c2VjcmV0" not in result.output
