"""Sealed references: central opens them, nobody else, and each in its own visit only."""

import json
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.sealing import SealingError, new_private_key, private_key_of, public_jwk, public_key_of, seal, unseal

PRIVATE = private_key_of(new_private_key())
PUBLIC = public_key_of(json.dumps(public_jwk(PRIVATE)))
REFERENCE = "ASHYQ:1G64S36D1N6RVKGEB1C9HP8SB6="
VISIT = str(uuid.UUID(int=7))


def test_central_opens_what_was_sealed_to_it() -> None:
    """And nothing of it can be seen before; twice the same is sealed differently."""
    box = seal(PUBLIC, VISIT, REFERENCE)
    assert unseal(PRIVATE, VISIT, box) == REFERENCE
    assert REFERENCE.encode() not in box
    assert uuid.UUID(VISIT).bytes not in box
    assert seal(PUBLIC, VISIT, REFERENCE) != box


def test_a_box_of_another_visit_or_for_another_key() -> None:
    """A box that was moved says so; one for somebody else does not open."""
    box = seal(PUBLIC, VISIT, REFERENCE)
    with pytest.raises(SealingError, match="another visit"):
        unseal(PRIVATE, str(uuid.UUID(int=8)), box)
    with pytest.raises(SealingError, match="can't be opened"):
        unseal(private_key_of(new_private_key()), VISIT, box)


@given(st.data())
def test_damage_never_opens(data: st.DataObject) -> None:
    """No changed, shortened or invented box gives a reference."""
    box = bytearray(seal(PUBLIC, VISIT, REFERENCE))
    place = data.draw(st.integers(0, len(box) - 1))
    box[place] ^= 1 << data.draw(st.integers(0, 7))
    for bad in (bytes(box), bytes(box[:place]), data.draw(st.binary(max_size=200))):
        with pytest.raises(SealingError):
            unseal(PRIVATE, VISIT, bad)


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", "null", '{"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}', '{"kty": "OKP", "crv": "X25519"}',
     '{"kty": "OKP", "crv": "X25519", "x": "AAAA"}', '{"kty": "OKP", "crv": "X25519", "x": 5}', "[" * 100_000],
)  # fmt: skip
def test_no_key(text: str) -> None:
    """Whatever a file or central holds, it is a key or a SealingError."""
    with pytest.raises(SealingError):
        public_key_of(text)


def test_the_public_part_holds_nothing_secret() -> None:
    """What terminals get can't open."""
    private = new_private_key()
    assert json.loads(private)["d"] not in json.dumps(public_jwk(private_key_of(private)))
    with pytest.raises(SealingError, match="'d'"):
        private_key_of(json.dumps(public_jwk(private_key_of(private))))
