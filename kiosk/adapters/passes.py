"""Verifying passes: form and signature. Whether a pass is in its time is the core's question."""

from collections.abc import Callable
from datetime import datetime

import structlog
from cryptography.exceptions import InvalidSignature

from kiosk.adapters.keys import KeySet
from kiosk.adapters.pass_form import decode_claims, open_envelope
from kiosk.core.credential import PassClaims, PassProblem, SignedPass


class PassVerifier:
    """Fits `kiosk.core.ports.PassVerifier`. Keys can be replaced while it works; callable from any thread."""

    def __init__(self, keys: KeySet, now: Callable[[], datetime]) -> None:
        """keys: to begin with, may be empty; now: the present (aware), for keys that have a time of their own."""
        self._keys = keys
        self._now = now
        self._log = structlog.get_logger(__name__)

    def verify(self, signed_pass: SignedPass) -> PassClaims | PassProblem:
        """The claims of a genuine pass, or why they can't be believed. Never raises, whatever the text is."""
        try:
            envelope = open_envelope(signed_pass.text)
        except ValueError:
            return PassProblem.DAMAGED
        key = self._keys.find(envelope.key_id, self._now())
        if key is None:
            return PassProblem.KEY_UNKNOWN
        try:
            key.public_key.verify(envelope.signature, envelope.signed_bytes())
        except InvalidSignature:
            return PassProblem.FORGED
        try:
            return decode_claims(envelope.claims, envelope.key_id)
        except ValueError as error:
            # Signed by an issuer that we trust and yet no pass: somebody should hear of it.
            self._log.warning("signed_pass_malformed", key=key.key_id, why=str(error))
            return PassProblem.DAMAGED

    def replace_keys(self, jwks: bytes) -> None:
        """Use this JWK Set from now on. ValueError when it is malformed or empty; the old keys then stay in use."""
        keys = KeySet.from_jwks(jwks)
        if not keys.keys:
            raise ValueError(
                "the key set has no Ed25519 key; every pass would be turned away, so the former keys stay in use; "
                "let central serve the keys that passes are signed with"
            )
        if keys.keys.keys() != self._keys.keys.keys():
            self._log.info("pass_keys_replaced", keys=sorted(key.key_id for key in keys.keys.values()))
        self._keys = keys
