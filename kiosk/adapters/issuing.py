"""Issuing passes and their keys: for a city's issuing office, demonstrations and tests. Not used at the entrance."""

import hashlib
import json
import secrets
from collections.abc import Iterable
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.adapters.keys import KEY_ID_MAX_CHARS, decode_base64url, encode_base64url
from kiosk.adapters.pass_form import LANGUAGE_MAX_CHARS, Envelope, encode_claims
from kiosk.core.credential import PASS_MAX_CHARS, SignedPass, VisitorReference

_REFERENCE_BYTES = 16
_KEY_BYTES = 32
_KEY_ID_CHARS = 8


def new_reference() -> VisitorReference:
    """A new visitor's pseudonym: 128 random bits."""
    return VisitorReference(secrets.token_bytes(_REFERENCE_BYTES))


def new_key(key_id: str | None = None) -> str:
    """A new private key as a JWK (RFC 8037): JSON text that must stay secret.

    key_id: without one, the start of the key's own thumbprint (RFC 7638).
    """
    private_key = Ed25519PrivateKey.generate()
    x = encode_base64url(private_key.public_key().public_bytes_raw())
    if key_id is None:
        required = json.dumps({"crv": "Ed25519", "kty": "OKP", "x": x}, separators=(",", ":"))
        key_id = encode_base64url(hashlib.sha256(required.encode("ascii")).digest())[:_KEY_ID_CHARS]
    jwk = {**_public_jwk(_checked_key_id(key_id), x), "d": encode_base64url(private_key.private_bytes_raw())}
    return json.dumps(jwk, indent=2)


def public_key_set(private_keys: Iterable[str]) -> str:
    """The JWK Set (RFC 7517) of the public halves: JSON text for central and for terminals."""
    keys = []
    for text in private_keys:
        key_id, private_key = _read_key(text)
        keys.append(_public_jwk(key_id, encode_base64url(private_key.public_key().public_bytes_raw())))
    return json.dumps({"keys": keys}, indent=2)


def issue(
    reference: VisitorReference, key: str, issued_at: datetime, expires_at: datetime, language: str | None = None
) -> SignedPass:
    """Sign a pass. key: a private JWK's text; times are aware and cut to whole seconds; language: such as `kk`.

    ValueError when the times are in the wrong order, the key is malformed, or the pass does not fit its QR code.
    """
    if issued_at.tzinfo is None or expires_at.tzinfo is None:
        raise ValueError("a pass's times need a time zone, such as 2021-04-14T09:00:00+05:00")
    if int(expires_at.timestamp()) <= int(issued_at.timestamp()):
        raise ValueError(f"the pass would expire at {expires_at}, not after its issue at {issued_at}")
    if language is not None and not (language.isascii() and 0 < len(language) <= LANGUAGE_MAX_CHARS):
        raise ValueError(f"language: expected a tag such as kk, ru or en, got {language!r}")
    key_id, private_key = _read_key(key)
    claims = encode_claims(reference, issued_at, expires_at, language)
    unsigned = Envelope(key_id.encode("ascii"), claims, b"")
    text = Envelope(unsigned.key_id, claims, private_key.sign(unsigned.signed_bytes())).to_text()
    if len(text) > PASS_MAX_CHARS:
        raise ValueError(
            f"the pass would have {len(text)} characters, {PASS_MAX_CHARS} is the limit; "
            f"use a key id of at most {_KEY_ID_CHARS} characters and a language of two letters"
        )
    return SignedPass(text)


def _public_jwk(key_id: str, x: str) -> dict[str, str]:
    return {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": key_id, "x": x}


def _checked_key_id(key_id: object) -> str:
    if not isinstance(key_id, str) or not key_id.isascii() or not 0 < len(key_id) <= KEY_ID_MAX_CHARS:
        raise ValueError(f"key id: expected 1 to {KEY_ID_MAX_CHARS} ASCII characters")
    return key_id


def _read_key(text: str) -> tuple[str, Ed25519PrivateKey]:
    # The messages below must not quote the text: it is a secret.
    try:
        jwk = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("the issuer's key is no JSON; make one with: ashyq-kiosk pass new-key") from None
    if not isinstance(jwk, dict) or jwk.get("kty") != "OKP" or jwk.get("crv") != "Ed25519" or "d" not in jwk:
        raise ValueError("the issuer's key is no private Ed25519 JWK; make one with: ashyq-kiosk pass new-key")
    seed = decode_base64url(jwk["d"], "the issuer's key: d", _KEY_BYTES)
    private_key = Ed25519PrivateKey.from_private_bytes(seed)
    if jwk.get("x") != encode_base64url(private_key.public_key().public_bytes_raw()):
        raise ValueError("the issuer's key: x does not belong to d; make a new one with: ashyq-kiosk pass new-key")
    return _checked_key_id(jwk.get("kid")), private_key
