"""Input devices: which there are, what refuses to be one, and bytes that are cut or rubbish."""

import errno
import os
import select
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hardware import wedge_pump
from hardware.errors import WedgeError
from hardware.wedge_devices import EVENT, InputDevice, keyboards
from hardware.wedge_keys import InputEvent
from tests.hardware.typist import Plugged, packed, typed
from tests.hardware.wedge_stand import KEYBOARD_KEYS, MOUSE_KEYS, Stand

_PATIENCE_S = 20.0


def test_the_size_of_an_event_is_the_kernels() -> None:
    """Two longs, two 16-bit numbers and one of 32 bits, without gaps."""
    assert EVENT.size == 2 * struct.calcsize("l") + 8


def test_keyboards_are_found_with_their_lasting_names(stand: Stand) -> None:
    """What has no letters is none; the order is that of their numbers; a name from udev wins over one by place."""
    stand.add(10, "Honeywell 1900", vendor=0x0C2E, by_id="usb-Honeywell-event-kbd", by_path="usb-0:1-event-kbd")
    stand.add(2, "Mouse", keys=MOUSE_KEYS)
    stand.add(9, "Logitech\x1b[2J Keyboard\n", vendor=0x046D, by_path="usb-0:2-event-kbd")
    first, second = keyboards(stand.sysfs, stand.devices)
    assert (first.name, first.vendor, first.link) == (
        "Logitech?[2J Keyboard",
        0x046D,
        str(stand.devices / "by-path/usb-0:2-event-kbd"),
    )
    assert (second.name, second.bus, second.path) == ("Honeywell 1900", 3, str(stand.devices / "event10"))
    assert second.link == str(stand.devices / "by-id/usb-Honeywell-event-kbd")


def test_what_is_unplugged_while_it_is_looked_at_is_not_there(stand: Stand) -> None:
    """Files that are missing, empty or rubbish end nothing."""
    stand.add(1, "Whole")
    stand.add(2, "No numbers")
    (stand.sysfs / "event2/device/id/vendor").unlink()
    stand.add(3, "No keys", keys="")
    stand.add(4, "Rubbish", keys="zz 12")
    stand.add(5, "Half", keys=KEYBOARD_KEYS.rpartition(" ")[0])
    assert [one.name for one in keyboards(stand.sysfs, stand.devices)] == ["Whole"]
    assert keyboards(stand.sysfs / "nowhere", stand.devices / "nowhere") == ()


def test_what_is_no_input_device_is_refused_with_the_way_out(tmp_path: Path) -> None:
    """A file, a folder, a device of another kind; something that is not there."""
    (tmp_path / "file").write_bytes(b"")
    for path in (str(tmp_path / "file"), str(tmp_path), "/dev/null"):
        with pytest.raises(WedgeError, match="is no input device; those are /dev/input/eventN"):
            InputDevice(path)
    with pytest.raises(WedgeError, match="is not there"):
        InputDevice(str(tmp_path / "nothing"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody who may not")
def test_what_may_not_be_opened_says_which_group_may(tmp_path: Path) -> None:
    """The message names the group, and where systemd gets it from."""
    path = tmp_path / "event0"
    os.mkfifo(path, 0o600)
    tmp_path.chmod(0o711)
    os.seteuid(65534)
    try:
        reason = ""
        try:
            InputDevice(str(path))
        except WedgeError as error:
            reason = str(error)
    finally:
        os.seteuid(0)
    assert "group 'input'" in reason
    assert "SupplementaryGroups=input" in reason


@contextmanager
def opened(folder: Path) -> Iterator[tuple[Plugged, InputDevice]]:
    plugged = Plugged(folder / "event0")
    device = InputDevice(str(plugged.path))
    try:
        yield plugged, device
    finally:
        device.close()
        plugged.unplug()
        plugged.path.unlink()


def read(device: InputDevice, count: int, now: float) -> list[InputEvent]:
    """So many events."""
    events: list[InputEvent] = []
    while len(events) < count:
        assert select.select([device], [], [], _PATIENCE_S)[0]
        events += device.read(now)
    return events


def test_events_are_whole_however_they_come(tmp_path: Path) -> None:
    """Bytes that end within an event wait for the rest of it; the end of the device is told as such."""
    now = time.monotonic()
    sent = list(typed("AB"))
    data = packed(sent)
    with opened(tmp_path) as (plugged, device):
        for place in range(0, len(data), 7):
            plugged.send(data[place : place + 7])
        events = read(device, len(sent), now)
    assert [(event.kind, event.code, event.value) for event in events] == [
        (event.kind, event.code, event.value) for event in sent
    ]
    assert {event.at for event in events} == {now}  # times of a day long ago are replaced by the present


def test_the_end_of_a_device_is_told(tmp_path: Path) -> None:
    """With its path and the kernel's words; closing it twice does no harm."""
    plugged = Plugged(tmp_path / "event0")
    device = InputDevice(str(plugged.path))
    plugged.unplug()
    assert select.select([device], [], [], _PATIENCE_S)[0]
    with pytest.raises(WedgeError, match="event0: it was unplugged"):
        device.read(0.0)
    device.close()
    device.close()


def test_the_kernels_time_counts_where_it_can_be_right(tmp_path: Path) -> None:
    """A thread that was late does not make two codes one; a time to come is none."""
    with opened(tmp_path) as (plugged, device):
        plugged.send(b"".join(EVENT.pack(seconds, 250_000, 1, 30, 1) for seconds in (995, 900, 1001)))
        assert [event.at for event in read(device, 3, 1000.0)] == [995.25, 1000.0, 1000.0]


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chunks=st.lists(st.binary(min_size=1, max_size=200), max_size=8))
def test_rubbish_is_events_or_nothing(tmp_path: Path, chunks: list[bytes]) -> None:
    """Any bytes give events within their ranges, and never an error."""
    count = sum(map(len, chunks)) // EVENT.size
    with opened(tmp_path) as (plugged, device):
        for chunk in chunks:
            plugged.send(chunk)
        events = read(device, count, 1000.0)
    assert len(events) == count
    assert all(940.0 <= event.at <= 1000.0 for event in events)


def test_what_comes_while_nobody_reads_is_not_lost(tmp_path: Path) -> None:
    """Far more than a device keeps by itself: the longest code, typed while the program has other things to do."""
    sent = list(typed("7" * 7089))
    with opened(tmp_path) as (plugged, device):
        plugged.send(packed(sent))  # blocks if nobody takes it
        assert len(read(device, len(sent), 0.0)) == len(sent)


def pump(device: int, **options: Any) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-I", "-S", wedge_pump.__file__, str(device)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=(device,), **options,
    )  # fmt: skip


def test_the_pump_tells_how_the_device_ended(tmp_path: Path) -> None:
    """Its exit status is the kernel's error number: a folder can't be read."""
    folder = os.open(tmp_path, os.O_RDONLY)
    with pump(folder) as process:
        assert process.wait(_PATIENCE_S) == errno.EISDIR
    os.close(folder)


def test_the_pump_outlives_a_stop_of_the_program_but_not_the_program() -> None:
    """SIGTERM to the whole group does not look like an unplug; a program that was killed leaves no pump behind."""
    near, far = os.pipe()
    with pump(near) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        os.write(far, b"x")
        assert os.read(process.stdout.fileno(), 1) == b"x"  # it has begun
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGINT)
        os.write(far, b"y")
        assert os.read(process.stdout.fileno(), 1) == b"y"
        process.stdin.close()
        assert process.wait(_PATIENCE_S) == 0
    os.close(near)
    os.close(far)
