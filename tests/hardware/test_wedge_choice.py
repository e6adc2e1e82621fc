"""Which keyboards are scanners, what kind of code a line is: by what is known, never by guesses that could hurt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.wedge_choice import Keyboard, none_found, not_there, scanners, why_scanner
from hardware.wedge_symbology import read_symbology

USB, BLUETOOTH, BOARD, VIRTUAL = 0x03, 0x05, 0x11, 0x06


def keyboard(name: str, vendor: int = 0x1234, bus: int = USB) -> Keyboard:
    return Keyboard("/dev/input/event7", name, bus, vendor, 0x0001, "/dev/input/by-id/usb-X-event-kbd")


@pytest.mark.parametrize(
    ("name", "vendor", "bus"),
    [
        ("Honeywell Imaging & Mobility 1900", 0x0C2E, USB),
        ("Symbol Technologies, Inc, 2008 Symbol Bar Code Scanner", 0x05E0, USB),
        ("Datalogic ADC, Inc. Handheld Barcode Scanner", 0x05F9, USB),
        ("Newland Auto-ID NLS-HR", 0x1EAB, USB),
        ("USB Barcode Reader", 0x1234, USB),
        ("BF SCAN SCAN KEYBOARD", 0x1234, USB),
        ("SM SM-2D PRODUCT HID KBW", 0x1234, USB),
        ("Wireless QR-Code Scanner", 0x0000, BLUETOOTH),
    ],
)
def test_scanners_are_known(name: str, vendor: int, bus: int) -> None:
    """By makers that make nothing else with keys, or by a name that says so."""
    assert why_scanner(keyboard(name, vendor, bus)) is not None


@pytest.mark.parametrize(
    ("name", "vendor", "bus"),
    [
        ("Logitech USB Keyboard", 0x046D, USB),
        ("Yubico YubiKey OTP+FIDO+CCID", 0x1050, USB),
        ("QEMU QEMU USB Keyboard", 0x0627, USB),
        ("Rii Mini Remote Scandinavian", 0x1997, USB),
        ("Logitech K380", 0x0C2E, BLUETOOTH),  # a Bluetooth number is no USB number
        ("AT Translated Set 2 keyboard", 0x0001, BOARD),
        ("py-evdev-uinput scanner", 0x0001, VIRTUAL),
        ("", 0, USB),
    ],
)
def test_anybodys_keyboard_is_left_alone(name: str, vendor: int, bus: int) -> None:
    """A keyboard that is taken is dead for whoever sits at it: what is not known is not taken."""
    assert why_scanner(keyboard(name, vendor, bus)) is None
    assert scanners([keyboard(name, vendor, bus)]) == ()


def test_what_is_not_taken_is_listed_with_the_way_out() -> None:
    """Staff see every keyboard that is there, with what to write into the configuration."""
    told = none_found([keyboard("Logitech USB Keyboard", 0x046D)])
    assert "'Logitech USB Keyboard' (046d:0001) /dev/input/by-id/usb-X-event-kbd" in told
    assert "usb_scanner.device" in told
    assert "/dev/input/by-id/usb-X-event-kbd" in not_there("/dev/input/by-id/gone", [keyboard("X")])
    assert "no USB scanner is connected" in none_found([])


@pytest.mark.parametrize(
    ("line", "payload", "is_qr"),
    [
        (b"ASHYQ1:6BF", b"ASHYQ1:6BF", True),
        (b"]Q1ASHYQ1:6BF", b"ASHYQ1:6BF", True),
        (b"]E04006381333931", b"4006381333931", False),
        (b"]C1" + b"0104006381333931", b"0104006381333931", False),
        (b"4006381333931", b"4006381333931", False),  # EAN-13
        (b"96385074", b"96385074", False),  # EAN-8
        (b"036000291452", b"036000291452", False),  # UPC-A
        (b"4006381333932", b"4006381333932", True),  # a wrong check digit: some number
        (b"12345", b"12345", True),
        (b"]", b"]", True),
        (b"", b"", True),
    ],
)
def test_what_kind_of_code_it_was(line: bytes, payload: bytes, is_qr: bool) -> None:
    """By the identifier that some scanners send, else by the check digit of an article's number."""
    assert read_symbology(line) == (payload, is_qr)


@given(st.binary(max_size=40))
def test_any_line_has_a_kind(line: bytes) -> None:
    """Nothing raises, and no byte is lost but the identifier's three."""
    payload, _ = read_symbology(line)
    assert line.endswith(payload)
    assert len(line) - len(payload) in (0, 3)
