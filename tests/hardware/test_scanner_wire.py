"""What crosses the pipe from the scanner process, and what is dropped."""

import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.camera import CameraSettings, Region
from hardware.errors import CameraFault
from hardware.scanner_wire import (
    MAX_LINE_BYTES,
    Alive,
    CameraOpened,
    CodeLeft,
    Confined,
    DecoderFailed,
    Message,
    Ready,
    ScannerSettings,
    Sighting,
    Trouble,
    decode,
    encode,
)

finite = st.floats(allow_nan=False, allow_infinity=False)
printable = st.text(max_size=200).filter(str.isprintable)
faults = st.sampled_from(get_args(CameraFault))
messages = st.one_of(
    st.builds(
        Sighting,
        st.binary(max_size=2953),
        st.sampled_from(["qr", "bar"]),
        st.sampled_from(["zxing", "zbar"]),
        finite,
        finite,
        st.integers(0, 2**40),
    ),
    st.just(CodeLeft()),
    st.just(Ready()),
    st.builds(Confined, printable, printable),
    st.builds(
        Alive, st.integers(0, 2**40), st.none() | finite, st.booleans(), st.none() | faults, st.integers(0, 2**40)
    ),
    st.builds(Trouble, printable, faults),
    st.builds(CameraOpened, printable, st.lists(printable, max_size=9).map(tuple)),
    st.builds(DecoderFailed, printable, printable),
)


@given(messages)
def test_messages_arrive_as_they_were_sent(message: Message) -> None:
    """Every message is one line and comes back equal, payload bytes included."""
    line = encode(message)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert decode(line) == message


@given(st.binary(max_size=400))
def test_garbage_is_dropped(line: bytes) -> None:
    """The scanner process decodes hostile pictures and is not believed: nothing it says raises."""
    decode(line)


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "kind",
                "payload",
                "symbology",
                "reader",
                "captured_at",
                "decoded_at",
                "frame",
                "why",
                "fault",
                "refused",
                "x",
            ]
        ),
        st.none() | st.integers() | st.text(max_size=9) | st.lists(st.integers(), max_size=2),
    ),
    st.sampled_from(["seen", "left", "alive", "trouble", "opened", "decoder_failed", "other"]),
)
def test_fields_of_the_wrong_kind_are_dropped(fields: dict[str, object], kind: str) -> None:
    """What is taken has every field, of the right type."""
    message = decode(json.dumps({**fields, "kind": kind}).encode())
    if isinstance(message, Sighting):
        assert isinstance(message.captured_at, float)
        assert isinstance(message.frame, int)
    if isinstance(message, Trouble):
        assert isinstance(message.why, str)
        assert message.fault in get_args(CameraFault)
    if isinstance(message, CameraOpened):
        assert all(isinstance(text, str) for text in message.refused)


@pytest.mark.parametrize(
    "line", [b"[" * 5000, b"x" * (MAX_LINE_BYTES + 1), b'{"kind": "seen", "payload": "%%%"}', b"5"]
)
def test_hostile_lines_are_dropped(line: bytes) -> None:
    """Deep nesting, endless lines and broken base64 give nothing."""
    assert decode(line) is None


def test_settings_survive_the_way() -> None:
    """The scanner process gets exactly the settings that the program has."""
    for camera in (
        CameraSettings("film.avi", rotate=90),
        CameraSettings(0, region=Region(0.1, 0.2, 0.5, 0.6), exposure_ms=8.0, gain=2, focus=5.5, still_after_s=None),
    ):
        settings = ScannerSettings(camera, forget_after_s=1.25, bar_codes=False)
        assert ScannerSettings.from_json(settings.to_json()) == settings


def test_a_sighting_hides_its_payload() -> None:
    """What was read does not get into a log by accident."""
    assert "secret" not in repr(Sighting(b"secret", "qr", "zxing", 1.0, 2.0, 3))
