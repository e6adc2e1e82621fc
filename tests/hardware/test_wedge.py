"""USB scanners on a stand of pipes: taken, read, pulled out, plugged in again, and left alone."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hardware.wedge import TypedCode, Wedge, WedgeSettings
from hardware.wedge_keys import InputEvent
from tests.hardware.diary import PATIENCE_S, Notes
from tests.hardware.typist import SYN_DROPPED, SYN_REPORT, Plugged, key, packed, typed
from tests.hardware.wedge_stand import Stand

PASS = "ASHYQ1:6BF3X$F%3A.0-P T*+/:"


class Diary(Notes):
    """A listener to USB scanners."""

    def code_typed(self, code: TypedCode) -> None:
        self.note("code", code.payload.decode("latin-1"))

    def usb_scanner_lost(self, why: str) -> None:
        self.note("lost", why)

    def usb_scanner_found(self) -> None:
        self.note("found")

    def wait_a_moment(self) -> None:
        """Until something more is told, and longer than two codes are apart."""
        with self.changed:
            self.changed.wait(0.15)


@pytest.fixture
def diary() -> Diary:
    return Diary()


@pytest.fixture
def read_by(stand: Stand, diary: Diary) -> Iterator[Callable[..., Wedge]]:
    """Starts a wedge on the stand; `device` as in the configuration."""
    started: list[Wedge] = []

    def start(device: str, forget_after_s: float = 0.001) -> Wedge:
        wedge = Wedge(WedgeSettings(device, forget_after_s, 0.4, stand.sysfs, stand.devices), diary)
        wedge.start()
        started.append(wedge)
        return wedge

    yield start
    for wedge in started:
        assert wedge.stop(3.0)


def scan_until_read(plugged: Plugged, diary: Diary, text: str) -> None:
    """Scan again and again: whoever scans before the scanner has been taken is not heard."""
    deadline = time.monotonic() + PATIENCE_S
    while text not in diary.of("code"):
        assert time.monotonic() < deadline, diary.entries
        plugged.scan(text)
        diary.wait_a_moment()


def test_a_named_scanner_is_read(stand: Stand, diary: Diary, read_by: Callable[..., Wedge]) -> None:
    """By a link that udev would make: whole payloads, one for each code, in their order."""
    plugged = stand.add(3, "Any Keyboard", by_id="usb-Any-event-kbd")
    read_by(str(stand.devices / "by-id/usb-Any-event-kbd"))
    scan_until_read(plugged, diary, PASS)
    plugged.scan("HTTPS://EXAMPLE.KZ/")
    scan_until_read(plugged, diary, "HTTPS://EXAMPLE.KZ/")
    assert set(diary.of("code")) == {PASS, "HTTPS://EXAMPLE.KZ/"}
    assert diary.of("lost") == []


def test_a_code_without_enter_is_read_after_a_moment(stand: Stand, diary: Diary, read_by: Callable[..., Wedge]) -> None:
    """Many scanners come without one."""
    plugged = stand.add(3, "Barcode Scanner")
    plugged.scan("WITHOUT END", end=None)  # waits in the pipe until it is taken
    read_by("auto")
    assert diary.wait_for("code") == ["WITHOUT END"]


def test_only_what_is_known_to_be_a_scanner_is_taken(stand: Stand, diary: Diary, read_by: Callable[..., Wedge]) -> None:
    """`auto` reads every scanner that is there, and nothing of a technician's keyboard."""
    keyboard = stand.add(1, "Logitech USB Keyboard", vendor=0x046D)
    keyboard.scan("rm -rf", ago_s=5)
    one, other = stand.add(2, "Honeywell 1900", vendor=0x0C2E), stand.add(5, "USB Barcode Reader")
    one.scan("FIRST", ago_s=5)
    other.scan("SECOND", ago_s=5)
    read_by("auto")
    assert sorted(diary.wait_for("code", 2)) == ["FIRST", "SECOND"]
    keyboard.scan("again")
    one.scan("THIRD")
    assert diary.wait_for("code", 3)[2] == "THIRD"
    assert all(text.isupper() for text in diary.of("code"))


def test_pulled_out_in_the_middle_of_a_code_and_plugged_in_again(
    stand: Stand, diary: Diary, read_by: Callable[..., Wedge]
) -> None:
    """The half code is forgotten, the loss is told once, and it is found again by itself, under another number."""
    plugged = stand.add(3, "Honeywell 1900", vendor=0x0C2E)
    read_by("auto")
    scan_until_read(plugged, diary, "BEFORE")
    plugged.scan("HALF A CO", end=None)
    stand.remove(3, plugged)
    [why] = diary.wait_for("lost")
    assert "event3" in why
    again = stand.add(4, "Honeywell 1900", vendor=0x0C2E)
    diary.wait_for("found")
    again.scan("DE")
    again.scan("AFTER", end=None)
    scan_until_read(again, diary, "AFTER ALL")
    assert len(diary.of("lost")) == 1
    assert not any("HALF" in text for text in diary.of("code"))


def test_one_of_two_is_enough(stand: Stand, diary: Diary, read_by: Callable[..., Wedge]) -> None:
    """Nothing is lost as long as a scanner is there."""
    one, other = stand.add(2, "Honeywell 1900", vendor=0x0C2E), stand.add(5, "USB Barcode Reader")
    read_by("auto")
    scan_until_read(one, diary, "ONE")
    scan_until_read(other, diary, "OTHER")
    stand.remove(2, one)
    scan_until_read(other, diary, "STILL HERE")
    assert diary.of("lost") == []
    stand.remove(5, other)
    diary.wait_for("lost")


def test_a_scanner_that_is_not_there_is_told_and_found_later(
    stand: Stand, diary: Diary, read_by: Callable[..., Wedge]
) -> None:
    """Not at once, since a start takes its time; with the keyboards that are there, and what is wanted."""
    stand.add(1, "Logitech USB Keyboard", vendor=0x046D, by_id="usb-Logitech-event-kbd")
    started_at = time.monotonic()
    read_by("auto")
    [why] = diary.wait_for("lost")
    assert time.monotonic() - started_at > 0.4
    assert "usb-Logitech-event-kbd" in why
    plugged = stand.add(2, "Honeywell 1900", vendor=0x0C2E)
    diary.wait_for("found")
    scan_until_read(plugged, diary, PASS)


def test_what_can_not_be_used_says_why(stand: Stand, diary: Diary, read_by: Callable[..., Wedge]) -> None:
    """A path that is no input device is told as such, for as long as it is one."""
    path = stand.devices / "event9"
    path.write_bytes(b"")
    read_by(str(path))
    [why] = diary.wait_for("lost")
    assert "is no input device" in why


def test_a_bouncing_read_is_one_and_a_read_on_purpose_another(
    stand: Stand, diary: Diary, read_by: Callable[..., Wedge]
) -> None:
    """The same code again counts once the repeat guard's time has passed since it was read last."""
    plugged = stand.add(3, "Honeywell 1900", vendor=0x0C2E)
    for text, ago_s in (
        ("SAME", 20.0),
        ("SAME", 19.0),
        ("SAME", 18.2),
        ("OTHER", 17.0),
        ("SAME", 16.0),
        ("SAME", 14.0),
    ):
        plugged.scan(text, ago_s=ago_s)
    read_by("auto", forget_after_s=1.5)
    assert diary.wait_for("code", 4) == ["SAME", "OTHER", "SAME", "SAME"]


def test_hostile_input_ends_nothing(stand: Stand, diary: Diary, read_by: Callable[..., Wedge]) -> None:
    """Rubbish, lost events, a key that never comes up and a flood without end: afterwards a code is read."""
    plugged = stand.add(3, "Honeywell 1900", vendor=0x0C2E)
    wedge = read_by("auto")
    scan_until_read(plugged, diary, "BEFORE")
    held = [*key(30, 1)] + [InputEvent(1, 30, 2, 0.0)] * 500
    for data in (
        packed([SYN_DROPPED, SYN_REPORT]) * 50,
        packed(held),
        packed([event for _ in range(2000) for event in typed("A" * 10, None)]),
        os.urandom(24 * 500),
    ):
        plugged.send(data)
    stand.remove(3, plugged)  # rubbish may have ended within an event, and left a key down
    diary.wait_for("lost")
    again = stand.add(3, "Honeywell 1900", vendor=0x0C2E)
    scan_until_read(again, diary, PASS)
    assert all(len(text) <= 7089 for text in diary.of("code"))
    assert wedge.stop(3.0)


def test_stopping_while_a_flood_comes(
    stand: Stand, diary: Diary, read_by: Callable[..., Wedge], tmp_path: Path
) -> None:
    """It ends within its time, however much there is to read; and again, and if it never was started."""
    plugged = stand.add(3, "Honeywell 1900", vendor=0x0C2E)
    wedge = read_by("auto")
    scan_until_read(plugged, diary, "BEFORE")
    done = threading.Event()

    def flood() -> None:
        os.set_blocking(plugged._descriptor, False)  # the flood must not outlive the reader
        data = packed(typed("FLOOD", None))
        while not done.is_set():
            try:
                plugged.send(data)
            except BlockingIOError:
                continue

    thread = threading.Thread(target=flood)
    thread.start()
    try:
        assert wedge.stop(3.0)
    finally:
        done.set()
        thread.join()
    assert Wedge(WedgeSettings("auto"), diary).stop(1.0)


def test_a_codes_repr_hides_its_payload() -> None:
    """No log line or traceback carries it."""
    assert "secret" not in repr(TypedCode(b"secret", True, 0.0))
