"""From the bytes of a code to a credential, or to why it is none.

A signed pass stays text here: checking its signature needs a library, and so is `kiosk.adapters.passes`' work.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

PASS_PREFIX = "ASHYQ1:"
REFERENCE_PREFIX = "ASHYQ:"
PASS_MAX_CHARS = 200
"""Longer passes are refused unread: what cheap cameras can't read is not issued either."""

# Crockford base32 (https://www.crockford.com/base32.html): no I, L, O, U; the last five are check symbols only.
_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CHECKS = _DIGITS + "*~$=U"
_LOOKALIKES = str.maketrans("ILO", "110")
_REFERENCE_BYTES = 16
_REFERENCE_DIGITS = 26


class CredentialKind(StrEnum):
    """What kind of credential a visit rests on."""

    PASS = "pass"
    REFERENCE = "reference"


class ForeignKind(StrEnum):
    """What was shown instead of a credential; named to the visitor, its content never shown or logged."""

    URL = "url"
    VCARD = "vcard"
    WIFI = "wifi"
    CONTACT_LINK = "contact_link"
    BARCODE = "barcode"
    EMPTY = "empty"
    TEXT = "text"
    BINARY = "binary"
    DAMAGED = "damaged"
    """Begins like one of our credentials and is cut off, mistyped or malformed."""


@dataclass(frozen=True, slots=True)
class VisitorReference:
    """A visitor's pseudonym: 16 bytes. Its repr hides the value, so that no log line or traceback carries it."""

    value: bytes

    def __post_init__(self) -> None:
        if len(self.value) != _REFERENCE_BYTES:
            raise ValueError(f"a visitor reference has {_REFERENCE_BYTES} bytes, this has {len(self.value)}")

    def __repr__(self) -> str:
        return "VisitorReference(<hidden>)"


@dataclass(frozen=True, slots=True)
class SignedPass:
    """The text of a pass, prefix included, signature not yet checked. Its repr hides the text."""

    text: str

    def __repr__(self) -> str:
        return "SignedPass(<hidden>)"


@dataclass(frozen=True, slots=True)
class NotACredential:
    """A code that is no credential of this programme."""

    kind: ForeignKind


@dataclass(frozen=True, slots=True)
class PassClaims:
    """What a pass whose signature is good says. Datetimes are aware."""

    reference: VisitorReference
    issued_at: datetime
    expires_at: datetime
    language: str | None
    key_id: str


class PassProblem(StrEnum):
    """Why a pass's claims can't be believed."""

    FORGED = "forged"
    """Signed with a key that is known, and the signature does not fit."""
    KEY_UNKNOWN = "key_unknown"
    """Signed with a key that this terminal does not have: perhaps newer than its key set."""
    DAMAGED = "damaged"
    """Not the form of a pass."""


class PassTime(StrEnum):
    """Where the present stands to a pass's validity."""

    VALID = "valid"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"


def pass_time(claims: PassClaims, now: datetime, clock_skew: timedelta) -> PassTime:
    """Whether `now` lies within the pass's validity, each end widened by `clock_skew`."""
    if now >= claims.expires_at + clock_skew:
        return PassTime.EXPIRED
    if now < claims.issued_at - clock_skew:
        return PassTime.NOT_YET_VALID
    return PassTime.VALID


def parse_credential(payload: bytes, *, is_qr: bool = True) -> SignedPass | VisitorReference | NotACredential:
    """Recognise what a code holds. Total: any bytes give an answer, none raise.

    payload: the symbol's exact bytes; is_qr: False for a linear bar code, which is never a credential.
    """
    if not is_qr:
        return NotACredential(ForeignKind.BARCODE)
    try:
        text = payload.decode("ascii")
    except UnicodeDecodeError:
        return NotACredential(_foreign_kind(payload))
    if not text.strip():
        return NotACredential(ForeignKind.EMPTY)
    if text.startswith(PASS_PREFIX):  # taken to the letter: a space is a digit of base45
        if len(text) > PASS_MAX_CHARS:
            return NotACredential(ForeignKind.DAMAGED)
        return SignedPass(text)
    if text.strip().upper().startswith(REFERENCE_PREFIX):
        reference = parse_reference(text)
        return NotACredential(ForeignKind.DAMAGED) if reference is None else reference
    return NotACredential(_foreign_kind(payload))


def format_reference(reference: VisitorReference) -> str:
    """The printed form: `ASHYQ:`, 26 Crockford digits, one check symbol (modulo 37)."""
    number = int.from_bytes(reference.value, "big")
    digits = "".join(_DIGITS[(number >> (5 * place)) & 31] for place in reversed(range(_REFERENCE_DIGITS)))
    return f"{REFERENCE_PREFIX}{digits}{_CHECKS[number % 37]}"


def parse_reference(text: str) -> VisitorReference | None:
    """The reference that a printed form names, or None when a symbol is wrong, missing or too much.

    The prefix may be absent; case, hyphens and the look-alikes I, L, O are forgiven, as Crockford's form provides.
    """
    body = text.strip().upper().removeprefix(REFERENCE_PREFIX).replace("-", "")
    if len(body) != _REFERENCE_DIGITS + 1 or not body.isascii():
        return None
    number = 0
    for symbol in body[:-1].translate(_LOOKALIKES):
        digit = _DIGITS.find(symbol)
        if digit < 0:
            return None
        number = number * 32 + digit
    if number >= 1 << (8 * _REFERENCE_BYTES) or _CHECKS.find(body[-1].translate(_LOOKALIKES)) != number % 37:
        return None
    return VisitorReference(number.to_bytes(_REFERENCE_BYTES, "big"))


_FOREIGN_PATTERNS: tuple[tuple[re.Pattern[bytes], ForeignKind], ...] = (
    (re.compile(rb"\s*(?:https?|ftp)://|\s*www\.", re.IGNORECASE), ForeignKind.URL),
    (re.compile(rb"\s*(?:BEGIN:VCARD|MECARD:|BIZCARD:)", re.IGNORECASE), ForeignKind.VCARD),
    (re.compile(rb"\s*WIFI:", re.IGNORECASE), ForeignKind.WIFI),
    (re.compile(rb"\s*(?:tel|sms|smsto|mailto|geo|market|whatsapp|tg):", re.IGNORECASE), ForeignKind.CONTACT_LINK),
    (re.compile(rb"\s*[a-z][a-z0-9+.-]*://", re.IGNORECASE), ForeignKind.URL),
)


def _foreign_kind(payload: bytes) -> ForeignKind:
    for pattern, kind in _FOREIGN_PATTERNS:
        if pattern.match(payload):
            return kind
    try:
        text = payload.decode("utf-8")
    except UnicodeDecodeError:
        return ForeignKind.BINARY
    return ForeignKind.TEXT if text.isprintable() or "\n" in text else ForeignKind.BINARY
