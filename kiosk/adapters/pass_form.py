"""The one form of a pass: `ASHYQ1:` + base45(COSE_Sign1 over CBOR claims). Shared by issuing and verifying.

The envelope (RFC 9052) is tag 18, the protected header {alg: EdDSA, kid}, an empty unprotected header, the claims and
the signature, in the deterministic encoding of RFC 8949 section 4.2. Since everything before the signature check is
written by strangers, the envelope is cut by hand: it can take this one form only, so no CBOR decoder is needed, and no
second text carries the same signature.

Claims: CWT's `exp` (4) and `iat` (6) of RFC 8392, whole seconds; the visitor reference (16 bytes) and the language as
private claims, because CWT's `sub` must be text, which costs 11 characters more. Claims not known here are ignored.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import cbor2

from kiosk.adapters import base45
from kiosk.core.credential import PASS_MAX_CHARS, PASS_PREFIX, PassClaims, VisitorReference

CLAIM_EXPIRES = 4
CLAIM_ISSUED = 6
CLAIM_REFERENCE = -65537
CLAIM_LANGUAGE = -65538

LANGUAGE_MAX_CHARS = 8
SIGNATURE_BYTES = 64

_TAGGED_ARRAY = b"\xd2\x84"  # tag 18, array of 4
_ALGORITHM = b"\xa2\x01\x27\x04"  # map of 2: alg (1): EdDSA (-8), kid (4): ...
_NO_UNPROTECTED = b"\xa0"
_SHORT_BYTES = 0x40  # byte string, its length in the same byte
_LONG_BYTES = 0x58  # byte string, its length in the next byte
_LONG_FROM = 24


@dataclass(frozen=True, slots=True)
class Envelope:
    """A pass cut into its parts; nothing in it is believed yet."""

    key_id: bytes
    claims: bytes
    signature: bytes

    def signed_bytes(self) -> bytes:
        """What the signature is over: the Sig_structure of RFC 9052 section 4.4."""
        return b"\x84" + b"\x6aSignature1" + _bytes(_protected(self.key_id)) + _bytes(b"") + _bytes(self.claims)

    def to_text(self) -> str:
        """The text of the pass, prefix included."""
        parts = (
            _TAGGED_ARRAY,
            _bytes(_protected(self.key_id)),
            _NO_UNPROTECTED,
            _bytes(self.claims),
            _bytes(self.signature),
        )
        return PASS_PREFIX + base45.encode(b"".join(parts))


def open_envelope(text: str) -> Envelope:
    """Cut a pass into its parts; ValueError for every text that is not exactly the form of a pass."""
    if len(text) > PASS_MAX_CHARS or not text.startswith(PASS_PREFIX):
        raise ValueError(f"no pass: expected {PASS_PREFIX!r} and at most {PASS_MAX_CHARS} characters")
    rest = _after(base45.decode(text.removeprefix(PASS_PREFIX)), _TAGGED_ARRAY)
    protected, rest = _take_bytes(rest)
    claims, rest = _take_bytes(_after(rest, _NO_UNPROTECTED))
    signature, rest = _take_bytes(rest)
    key_id, beyond = _take_bytes(_after(protected, _ALGORITHM))
    if rest or beyond or len(signature) != SIGNATURE_BYTES:
        raise ValueError("no pass: it is too long, or its signature has the wrong length")
    envelope = Envelope(key_id, claims, signature)
    if envelope.to_text() != text:
        raise ValueError("no pass: written in another way than passes are")
    return envelope


def encode_claims(
    reference: VisitorReference, issued_at: datetime, expires_at: datetime, language: str | None
) -> bytes:
    """The claims in their deterministic encoding; times are cut to whole seconds."""
    claims: dict[int, object] = {
        CLAIM_EXPIRES: int(expires_at.timestamp()),
        CLAIM_ISSUED: int(issued_at.timestamp()),
        CLAIM_REFERENCE: reference.value,
    }
    if language is not None:
        claims[CLAIM_LANGUAGE] = language
    return cbor2.dumps(claims, canonical=True)


def decode_claims(payload: bytes, key_id: bytes) -> PassClaims:
    """Read claims whose signature is good; ValueError when they are not the claims of a pass."""
    try:
        claims = cbor2.loads(payload)
        canonical = isinstance(claims, Mapping) and cbor2.dumps(claims, canonical=True) == payload
    except Exception as error:  # noqa: BLE001 - the decoder's errors are no closed set: also TypeError, RecursionError
        raise ValueError(f"the claims are no CBOR ({type(error).__name__})") from None
    if not canonical:
        raise ValueError("the claims are no CBOR map in deterministic encoding")
    reference, language = claims.get(CLAIM_REFERENCE), claims.get(CLAIM_LANGUAGE)
    if not isinstance(reference, bytes):
        raise ValueError("the claims name no visitor reference")
    if language is not None and not (isinstance(language, str) and 0 < len(language) <= LANGUAGE_MAX_CHARS):
        raise ValueError("the claim of the language is no language tag")
    issued_at, expires_at = _moment(claims.get(CLAIM_ISSUED)), _moment(claims.get(CLAIM_EXPIRES))
    if expires_at <= issued_at:
        raise ValueError("the pass ends before it begins")
    return PassClaims(VisitorReference(reference), issued_at, expires_at, language, key_id.decode("ascii"))


def _moment(seconds: object) -> datetime:
    if type(seconds) is not int:  # bool is an int, too
        raise ValueError("a time in the claims is no whole number of seconds")
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError):
        raise ValueError("a time in the claims is beyond the calendar") from None


def _protected(key_id: bytes) -> bytes:
    return _ALGORITHM + _bytes(key_id)


def _bytes(data: bytes) -> bytes:
    """A CBOR byte string of up to 255 bytes, length in the shortest form."""
    if len(data) < _LONG_FROM:
        return bytes([_SHORT_BYTES + len(data)]) + data
    return bytes([_LONG_BYTES, len(data)]) + data


def _take_bytes(data: bytes) -> tuple[bytes, bytes]:
    """The CBOR byte string at the start of `data`, and what follows it."""
    if data[:1] == bytes([_LONG_BYTES]) and len(data) > 1:
        start, length = 2, data[1]
    elif data and _SHORT_BYTES <= data[0] < _SHORT_BYTES + _LONG_FROM:
        start, length = 1, data[0] - _SHORT_BYTES
    else:
        raise ValueError("no pass: a byte string is missing")
    if len(data) < start + length:
        raise ValueError("no pass: cut off")
    return data[start : start + length], data[start + length :]


def _after(data: bytes, expected: bytes) -> bytes:
    if not data.startswith(expected):
        raise ValueError("no pass: not the envelope of one")
    return data[len(expected) :]
