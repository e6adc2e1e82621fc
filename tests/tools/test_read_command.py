"""`ashyq-kiosk read`, on real pictures and films."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import zxingcpp
from typer.testing import CliRunner, Result

from hardware.symbols import Symbol
from kiosk.__main__ import app
from tests.hardware.conftest import Studio

EMPTY = np.full((480, 640), 130, np.uint8)
PAYLOAD = b"ASHYQ:a visitor's own code"


def read(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["read", *map(str, arguments)])


def objects(done: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def picture(studio: Studio) -> Path:
    """A code of 26 bytes at a known place."""
    path = studio.folder / "code.png"
    cv2.imwrite(str(path), studio.frame(studio.code(PAYLOAD)))
    return path


def test_a_picture_is_read_and_everything_told(picture: Path) -> None:
    """Payload, place, step, decoder, time, and the sum."""
    done = read(picture)
    assert done.exit_code == 0
    assert f"{picture}: 1 code read; " in done.stdout
    assert f"QR code, 26 bytes: {PAYLOAD.hex()}" in done.stdout
    assert "step whole, decoder zxing, corners 44,64 " in done.stdout
    assert "1 frame, 1 with a code" in done.stdout.splitlines()[-1]


def test_json_is_one_object_a_frame_and_nothing_else(picture: Path) -> None:
    """The sum goes to standard error."""
    done = read("--json", picture)
    [told] = objects(done)
    assert told["file"] == str(picture)
    assert told["frame"] is None
    assert told["cpu_ms"] > 0
    assert told["located"] is None
    [symbol] = told["symbols"]
    assert (symbol["payload"], symbol["symbology"], symbol["reader"]) == (PAYLOAD.hex(), "qr", "zxing")
    assert len(symbol["corners"]) == 4
    assert "1 frame" in done.stderr


def test_a_photographs_corners_are_those_of_the_file(studio: Studio) -> None:
    """It is read small; its corners are told where the file has them."""
    large = np.kron(studio.frame(studio.code(PAYLOAD)), np.ones((6, 6), np.uint8))
    path = studio.folder / "photograph.jpg"
    cv2.imwrite(str(path), large)
    for options in ([], ["--full-size"]):
        [told] = objects(read("--json", *options, path))
        x, y = told["symbols"][0]["corners"][0]
        assert (x, y) == (pytest.approx(44 * 6, abs=8), pytest.approx(64 * 6, abs=8))


def test_a_film_is_read_by_a_reader_that_remembers(studio: Studio) -> None:
    """In the second frame the code is looked for where it was; the film counts as read as a whole."""
    with_code = studio.frame(studio.code(PAYLOAD))
    done = read("--json", studio.film(EMPTY, with_code, with_code))
    told = objects(done)
    assert [(one["frame"], len(one["symbols"])) for one in told] == [(1, 0), (2, 1), (3, 1)]
    assert told[2]["symbols"][0]["step"] == "again"
    assert done.exit_code == 0


def test_a_folder_is_pictures_or_one_sequence(studio: Studio) -> None:
    """One by one each begins anew, and an empty one counts as not read."""
    with_code = studio.frame(studio.code(PAYLOAD))
    folder = studio.pictures(EMPTY, with_code, with_code)
    single, joined = read("--json", folder), read("--json", "--sequence", folder)
    assert [one["frame"] for one in objects(single)] == [None] * 3
    assert {one["symbols"][0]["step"] for one in objects(single)[1:]} == {"whole"}
    assert [one["frame"] for one in objects(joined)] == [1, 2, 3]
    assert objects(joined)[2]["symbols"][0]["step"] == "again"
    assert (single.exit_code, joined.exit_code) == (1, 0)


def test_the_others_go_on_when_a_file_is_none(studio: Studio, picture: Path) -> None:
    """Missing and damaged files are named on standard error, or as objects; the exit status is 1."""
    damaged, missing = studio.folder / "damaged.jpg", studio.folder / "missing.jpg"
    damaged.write_bytes(b"no picture")
    done = read(missing, damaged, picture)
    assert done.exit_code == 1
    assert f"{missing}: there is no such file" in done.stderr
    assert f"{damaged}: this is no picture" in done.stderr
    assert PAYLOAD.hex() in done.stdout
    told = objects(read("--json", missing, damaged, picture))
    assert ["error" in one for one in told] == [True, True, False]


def test_nothing_found_is_said(studio: Studio) -> None:
    """And the exit status says so too."""
    done = read(studio.pictures(EMPTY))
    assert "nothing found" in done.stdout
    assert done.exit_code == 1


def test_a_bar_code_in_a_picture_is_read_unless_unwanted(studio: Studio) -> None:
    """The terminal wants to see one twice; a picture is seen once."""
    code = np.array(zxingcpp.create_barcode("4006381333931", zxingcpp.BarcodeFormat.EAN13).to_image(scale=3))
    path = studio.folder / "bottle.png"
    cv2.imwrite(str(path), np.pad(code, 40, constant_values=255))
    [told] = objects(read("--json", path))
    assert told["symbols"][0]["symbology"] == "bar"
    assert bytes.fromhex(told["symbols"][0]["payload"]) == b"4006381333931"
    assert read("--no-bar-codes", path).exit_code == 1


def test_a_code_that_can_not_be_read_is_told_with_what_would_help(studio: Studio) -> None:
    """Its corners and a hint: as the idle screen tells a visitor."""
    code = studio.code(PAYLOAD * 3)
    middle = code.shape[0] // 2
    code[middle - 60 : middle + 60, middle - 60 : middle + 60] = 130  # more than its error correction can mend
    path = studio.folder / "covered.png"
    cv2.imwrite(str(path), studio.frame(code))
    done = read("--no-bar-codes", path)
    assert done.exit_code == 1
    assert "a code that can't be read: " in done.stdout
    [told] = objects(read("--json", "--no-bar-codes", path))
    assert told["symbols"] == []
    assert len(told["located"]["corners"]) == 4


def test_a_decoder_that_raises_is_told(picture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a finding, and no end of the reading."""

    def broken(_: object, **options: object) -> list[Symbol]:
        raise cv2.error("boom")

    monkeypatch.setattr("hardware.symbols.with_zxing", broken)
    [told] = objects(read("--json", picture))
    assert "zxing" in told["error"]
    assert "a decoder failed: zxing" in read(picture).stdout


def test_without_a_file_the_command_is_wrong() -> None:
    """Usage is exit status 2, and --help warns of the payloads."""
    assert read().exit_code == 2
    assert "SHOWS THE PAYLOADS" in read("--help").stdout
