"""The public keys that passes are signed with: a JWK Set (RFC 7517) of Ed25519 keys (RFC 8037)."""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

KEY_ID_MAX_CHARS = 32
"""As the wire contract has it. A pass with a key id longer than 8 characters does not fit its QR code."""
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class PassKey:
    """One public key; used from `not_before` until `not_after` (aware; None: without limit)."""

    key_id: str
    public_key: Ed25519PublicKey
    not_before: datetime | None = None
    not_after: datetime | None = None

    def may_be_used(self, now: datetime) -> bool:
        """Whether `now` lies within the key's own time."""
        begun = self.not_before is None or now >= self.not_before
        return begun and (self.not_after is None or now < self.not_after)


@dataclass(frozen=True, slots=True)
class KeySet:
    """Keys by the bytes of their key id, as they stand in a pass."""

    keys: Mapping[bytes, PassKey] = field(default_factory=dict)

    @classmethod
    def from_jwks(cls, jwks: bytes) -> "KeySet":
        """Read a JWK Set. Keys of other kinds are passed over (RFC 7517 section 5).

        ValueError, naming the place and the way out, for anything that is no JWK Set, an Ed25519 key that is malformed
        or has a private part, and two keys with one id.
        """
        try:
            document = json.loads(jwks)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"the key set is not JSON ({error}); expected a JWK Set: {{'keys': [...]}}") from None
        entries = document.get("keys") if isinstance(document, dict) else None
        if not isinstance(entries, list):
            raise ValueError("the key set has no list 'keys'; expected a JWK Set: {'keys': [...]}")
        return cls._of(
            _pass_key(entry, f"keys[{place}]") for place, entry in enumerate(entries) if _is_ed25519(entry, place)
        )

    @staticmethod
    def sealing_key_in(jwks: bytes) -> bytes | None:
        """The key to seal visits to that came with a JWK Set, as the JSON of its JWK; None: none came."""
        try:
            found = json.loads(jwks).get("sealing_key")
        except (ValueError, AttributeError, RecursionError):
            return None
        return None if found is None else json.dumps(found, sort_keys=True).encode("utf-8")

    @classmethod
    def _of(cls, keys: Iterable[PassKey]) -> "KeySet":
        by_id: dict[bytes, PassKey] = {}
        for key in keys:
            if key.key_id.encode() in by_id:
                raise ValueError(f"the key set has two keys with the kid {key.key_id!r}; give each key its own")
            by_id[key.key_id.encode()] = key
        return cls(by_id)

    def __len__(self) -> int:
        return len(self.keys)

    def find(self, key_id: bytes, now: datetime) -> PassKey | None:
        """The key with this id, if there is one that may be used now (aware)."""
        key = self.keys.get(key_id)
        return key if key is not None and key.may_be_used(now) else None


def decode_base64url(text: object, place: str, size: int) -> bytes:
    """The `size` bytes that unpadded base64url (RFC 7515 section 2) stands for; ValueError naming `place` otherwise."""
    expected = f"{place}: expected {size} bytes in base64url without padding"
    if not isinstance(text, str) or not text.isascii():
        raise ValueError(expected)
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        raise ValueError(expected) from None
    if len(data) != size or encode_base64url(data) != text:
        raise ValueError(expected)
    return data


def encode_base64url(data: bytes) -> str:
    """Base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _is_ed25519(entry: object, place: int) -> bool:
    if not isinstance(entry, dict):
        raise ValueError(f"the key set's keys[{place}] is no JSON object; expected a JWK")
    return entry.get("kty") == "OKP" and entry.get("crv") == "Ed25519"


def _pass_key(jwk: dict[str, object], place: str) -> PassKey:
    if "d" in jwk:
        # Whoever has it can sign passes: that must not go unseen.
        raise ValueError(
            f"the key set's {place} holds a private key ('d'); publish public keys only and renew this one"
        )
    if jwk.get("use", "sig") != "sig" or jwk.get("alg", "EdDSA") not in {"EdDSA", "Ed25519"}:
        raise ValueError(f"the key set's {place} is not meant for signatures; expected use 'sig' and alg 'EdDSA'")
    key_id = jwk.get("kid")
    if not isinstance(key_id, str) or not key_id.isascii() or not 0 < len(key_id) <= KEY_ID_MAX_CHARS:
        raise ValueError(f"the key set's {place}.kid: expected 1 to {KEY_ID_MAX_CHARS} ASCII characters")
    data = decode_base64url(jwk.get("x"), f"the key set's {place}.x", _KEY_BYTES)
    return PassKey(
        key_id,
        Ed25519PublicKey.from_public_bytes(data),
        not_before=_moment(jwk.get("nbf"), f"{place}.nbf"),
        not_after=_moment(jwk.get("exp"), f"{place}.exp"),
    )


def _moment(seconds: object, place: str) -> datetime | None:
    if seconds is None:
        return None
    wrong = ValueError(f"the key set's {place}: expected whole seconds since 1970")
    if not isinstance(seconds, int) or isinstance(seconds, bool):
        raise wrong
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise wrong from None
