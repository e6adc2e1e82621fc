"""Sealed visitor references, the wire contract's third part: terminals seal to central's key, and can't open again.

A sealed box of NaCl (X25519, XSalsa20-Poly1305) holds the visit's id, 16 bytes, and the printed reference: a box that
is moved to another visit does not open there. Keys travel as JWKs of kind OKP, curve X25519 (RFC 8037).
"""

import base64
import binascii
import json
from uuid import UUID

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

_KEY_BYTES = 32
_ID_BYTES = 16


class SealingError(ValueError):
    """A key that is none, or a box that does not open; the message says which."""


def seal(public_key: bytes, visit_id: str, reference: str) -> bytes:
    """A box for the owner of the private key. reference: in its printed form."""
    return bytes(SealedBox(PublicKey(public_key)).encrypt(UUID(visit_id).bytes + reference.encode("ascii")))


def unseal(private_key: bytes, visit_id: str, box: bytes) -> str:
    """The printed reference in a visit's box; raises SealingError."""
    try:
        plain = SealedBox(PrivateKey(private_key)).decrypt(box)
    except (CryptoError, ValueError, TypeError):
        raise SealingError("the sealed reference can't be opened with central's key") from None
    if plain[:_ID_BYTES] != UUID(visit_id).bytes:
        raise SealingError("the sealed reference belongs to another visit")
    return plain[_ID_BYTES:].decode("ascii", "replace")


def new_private_key() -> str:
    """A new key of central's, as the JSON of a private JWK."""
    key = PrivateKey.generate()
    return json.dumps({**_jwk(bytes(key.public_key)), "d": _text(bytes(key))})


def private_key_of(text: str) -> bytes:
    """The private key of a JWK; raises SealingError."""
    return _part(text, "d")


def public_jwk(private_key: bytes) -> dict[str, str]:
    """What terminals may know of a private key."""
    return _jwk(bytes(PrivateKey(private_key).public_key))


def public_key_of(text: str) -> bytes:
    """The public key of a JWK; raises SealingError."""
    return _part(text, "x")


def _part(text: str, name: str) -> bytes:
    try:
        document = json.loads(text)
        if document["kty"] != "OKP" or document["crv"] != "X25519":
            raise KeyError("crv")  # noqa: TRY301  # told like a missing one
        value = str(document[name])
        found = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error):
        raise SealingError(f"no X25519 key (JWK with '{name}')") from None
    if len(found) != _KEY_BYTES:
        raise SealingError(f"an X25519 key has {_KEY_BYTES} bytes")
    return found


def _jwk(public_key: bytes) -> dict[str, str]:
    return {"kty": "OKP", "crv": "X25519", "use": "enc", "x": _text(public_key)}


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode("ascii")
