"""What kind of code a line came from: a scanner that acts as a keyboard seldom says so. Pure."""

import re

_AIM = re.compile(rb"\](?P<kind>[A-Za-z])[0-9A-Za-z]")
_GTIN_LENGTHS = (8, 12, 13, 14)  # EAN-8, UPC-A, EAN-13, ITF-14


def read_symbology(line: bytes) -> tuple[bytes, bool]:
    """The payload, and whether it is a QR code's: False where it is surely a linear bar code's.

    Scanners can be told to send an AIM identifier first (ISO/IEC 15424: `]Q1` for QR); it is taken off. Without one,
    digits with a good check digit are an article's number, as on a bottle.
    """
    identifier = _AIM.match(line)
    if identifier is not None:
        return line[identifier.end() :], identifier["kind"] == b"Q"
    return line, not _is_article_number(line)


def _is_article_number(line: bytes) -> bool:
    """Modulo 10 with weights 3 and 1 from the right (GS1 General Specifications, 7.9)."""
    if len(line) not in _GTIN_LENGTHS or not line.isdigit():
        return False
    digits = [digit - 0x30 for digit in line]
    return sum(digit * (3 if place % 2 else 1) for place, digit in enumerate(reversed(digits))) % 10 == 0
