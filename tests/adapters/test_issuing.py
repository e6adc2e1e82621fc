"""Issuing: keys and passes that are well-formed, and errors that help without telling secrets."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from kiosk.adapters import issuing
from kiosk.adapters.keys import KeySet
from kiosk.core.credential import VisitorReference

NOW = datetime(2021, 4, 26, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(days=30)
REFERENCE = VisitorReference(bytes(16))
KEY = issuing.new_key("one")


def test_references_are_random() -> None:
    """No two are the same."""
    assert len({issuing.new_reference().value for _ in range(1000)}) == 1000


def test_a_key_gets_an_id_of_its_own() -> None:
    """Short enough for a pass, different for each key, and the start of the thumbprint of RFC 7638."""
    ids = {json.loads(issuing.new_key())["kid"] for _ in range(50)}
    assert len(ids) == 50
    assert {len(key_id) for key_id in ids} == {8}


def test_the_longest_pass_with_a_made_up_id_fits() -> None:
    """An 8-character key id, a language and times until 2106: 199 characters of the 200."""
    issued = issuing.issue(REFERENCE, issuing.new_key(), NOW, datetime(2106, 1, 1, tzinfo=UTC), "kk")
    assert len(issued.text) == 199


def test_the_public_set_holds_nothing_secret() -> None:
    """Only public members, and terminals can read it."""
    keys = [KEY, issuing.new_key("two")]
    public = issuing.public_key_set(keys)
    assert set(json.loads(public)["keys"][0]) == {"kty", "crv", "alg", "use", "kid", "x"}
    assert list(KeySet.from_jwks(public.encode()).keys) == [b"one", b"two"]


@pytest.mark.parametrize(
    ("begins", "ends", "language", "told"),
    [
        (LATER, NOW, None, "would expire at"),
        (NOW, NOW + timedelta(microseconds=1), None, "would expire at"),
        (NOW.replace(tzinfo=None), LATER, None, "need a time zone"),
        (NOW, LATER.replace(tzinfo=None), None, "need a time zone"),
        (NOW, LATER, "", "expected a tag such as kk"),
        (NOW, LATER, "kazakh-tili", "expected a tag such as kk"),
        (NOW, LATER, "қк", "expected a tag such as kk"),
    ],
)
def test_claims_that_make_no_sense_are_refused(
    begins: datetime, ends: datetime, language: str | None, told: str
) -> None:
    """Nothing is signed that a terminal would turn away."""
    with pytest.raises(ValueError, match=told):
        issuing.issue(REFERENCE, KEY, begins, ends, language)


def test_a_pass_that_is_too_long_is_not_issued() -> None:
    """The message names the limit and what to shorten."""
    with pytest.raises(ValueError, match="200 is the limit; use a key id of at most 8 characters"):
        issuing.issue(REFERENCE, issuing.new_key("a-rather-long-key-id"), NOW, LATER, "kk")


@pytest.mark.parametrize("key_id", ["", "x" * 33, "ключ"])
def test_bad_key_ids_are_refused(key_id: str) -> None:
    """1 to 32 ASCII characters, as the wire contract has it."""
    with pytest.raises(ValueError, match="key id"):
        issuing.new_key(key_id)


_JWK = json.loads(KEY)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("secret words", "no JSON"),
        ("[]", "no private Ed25519 JWK"),
        (issuing.public_key_set([KEY]), "no private Ed25519 JWK"),
        (json.dumps({**_JWK, "kty": "EC"}), "no private Ed25519 JWK"),
        (json.dumps({**_JWK, "d": "secret"}), "d: expected 32 bytes"),
        (json.dumps({**_JWK, "x": "A" * 43}), "x does not belong to d"),
        (json.dumps({**_JWK, "kid": None}), "key id"),
    ],
)
def test_a_bad_private_key_is_refused_without_quoting_it(text: str, told: str) -> None:
    """The message says what is wrong, never what the key is."""
    with pytest.raises(ValueError, match=told) as caught:
        issuing.issue(REFERENCE, text, NOW, LATER)
    assert "secret" not in str(caught.value)
    assert _JWK["d"] not in str(caught.value)
