"""Key sets: what is read, what is passed over, what is refused and how it is said."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.adapters import issuing
from kiosk.adapters.keys import KeySet

JWK = json.loads(issuing.public_key_set([issuing.new_key("one")]))["keys"][0]


def jwks(*keys: object) -> bytes:
    """A JWK Set of these."""
    return json.dumps({"keys": list(keys)}).encode()


def test_keys_of_other_kinds_are_passed_over() -> None:
    """A set may hold what only newer terminals understand (RFC 7517 section 5)."""
    keys = KeySet.from_jwks(jwks(JWK, {"kty": "RSA", "kid": "two"}, {"kty": "OKP", "crv": "X25519", "kid": "three"}))
    assert list(keys.keys) == [b"one"]


def test_optional_members_may_be_missing() -> None:
    """use and alg are optional in a JWK; more members than are known do no harm."""
    plain = {key: value for key, value in JWK.items() if key not in {"use", "alg"}}
    assert len(KeySet.from_jwks(jwks({**plain, "x5t": "more"}))) == 1


@pytest.mark.parametrize(
    ("document", "told"),
    [
        (b"", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"{}", "no list 'keys'"),
        (b"[]", "no list 'keys'"),
        (b'{"keys": {}}', "no list 'keys'"),
        (b'{"keys": [7]}', r"keys\[0\] is no JSON object"),
        (jwks(JWK, JWK), "two keys with the kid 'one'"),
        (jwks(JWK, {**JWK, "kid": ""}), r"keys\[1\].kid: expected 1 to 32 ASCII characters"),
        (jwks({**JWK, "kid": "ключ"}), r"keys\[0\].kid"),
        (jwks({**JWK, "kid": "x" * 33}), r"keys\[0\].kid"),
        (jwks({**JWK, "x": JWK["x"] + "="}), r"keys\[0\].x: expected 32 bytes in base64url"),
        (jwks({**JWK, "x": JWK["x"][:-2]}), r"keys\[0\].x"),
        (jwks({**JWK, "x": 7}), r"keys\[0\].x"),
        (jwks({**JWK, "x": "+" * 43}), r"keys\[0\].x"),
        (jwks({**JWK, "d": "secret"}), r"keys\[0\] holds a private key"),
        (jwks({**JWK, "use": "enc"}), r"keys\[0\] is not meant for signatures"),
        (jwks({**JWK, "alg": "ES256"}), r"keys\[0\] is not meant for signatures"),
        (jwks({**JWK, "exp": "soon"}), r"keys\[0\].exp: expected whole seconds"),
        (jwks({**JWK, "nbf": 1e30}), r"keys\[0\].nbf: expected whole seconds"),
        (jwks({**JWK, "nbf": 10**30}), r"keys\[0\].nbf: expected whole seconds"),
        (jwks({**JWK, "nbf": True}), r"keys\[0\].nbf: expected whole seconds"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(document: bytes, told: str) -> None:
    """Each message says which key it is about and what is expected."""
    with pytest.raises(ValueError, match=told) as caught:
        KeySet.from_jwks(document)
    assert "secret" not in str(caught.value)


@given(
    document=st.binary(max_size=60)
    | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(
        lambda value: json.dumps({"keys": value}).encode()
    )
)
def test_nothing_but_a_value_error(document: bytes) -> None:
    """Whatever central sends is a key set or a ValueError."""
    with contextlib.suppress(ValueError):
        KeySet.from_jwks(document)
