"""Passes: genuine ones verify, nothing else does, and no text makes the verifier raise."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.adapters import base45, issuing
from kiosk.adapters.keys import KeySet, decode_base64url
from kiosk.adapters.pass_form import CLAIM_LANGUAGE, Envelope, open_envelope
from kiosk.adapters.passes import PassVerifier
from kiosk.core.credential import (
    PASS_MAX_CHARS,
    PassClaims,
    PassProblem,
    SignedPass,
    VisitorReference,
    parse_credential,
)
from kiosk.core.ports import PassVerifier as PassVerifierPort

NOW = datetime(2021, 4, 26, 9, 30, tzinfo=UTC)
REFERENCE = VisitorReference(bytes(range(16)))
KEY = issuing.new_key("key-one")
OTHER_KEY = issuing.new_key("key-two")
PASS = issuing.issue(REFERENCE, KEY, NOW, NOW + timedelta(days=30), "kk").text
GENUINE = PassClaims(REFERENCE, NOW, NOW + timedelta(days=30), "kk", "key-one")
COSE = base45.decode(PASS.removeprefix("ASHYQ1:"))


def verifier(*keys: str, now: Callable[[], datetime] = lambda: NOW) -> PassVerifier:
    """A verifier that has the public halves of these keys."""
    return PassVerifier(KeySet.from_jwks(issuing.public_key_set(keys).encode()), now)


VERIFIER = verifier(KEY)


def verify(text: str) -> PassClaims | PassProblem:
    """What the verifier with the one key says."""
    return VERIFIER.verify(SignedPass(text))


def signed(claims: object, *, canonical: bool = True) -> str:
    """A pass with any claims, signed with the genuine key."""
    secret = decode_base64url(json.loads(KEY)["d"], "d", 32)
    envelope = Envelope(b"key-one", cbor2.dumps(claims, canonical=canonical), b"")
    signature = Ed25519PrivateKey.from_private_bytes(secret).sign(envelope.signed_bytes())
    return Envelope(b"key-one", envelope.claims, signature).to_text()


def test_fits_its_port() -> None:
    """The controller takes it as it is."""
    port: PassVerifierPort = VERIFIER
    assert port.verify(SignedPass(PASS)) == GENUINE


@settings(max_examples=50)
@given(
    reference=st.binary(min_size=16, max_size=16),
    issued_at=st.integers(0, 2**32 - 1 - 10**8),
    lasts_s=st.integers(1, 10**8),
    language=st.sampled_from([None, "kk", "ru", "en"]),
)
def test_what_is_issued_verifies(reference: bytes, issued_at: int, lasts_s: int, language: str | None) -> None:
    """Every claim comes back as it was issued; the text fits its QR code and passes the core's parser."""
    begins, ends = (datetime.fromtimestamp(seconds, UTC) for seconds in (issued_at, issued_at + lasts_s))
    issued = issuing.issue(VisitorReference(reference), KEY, begins, ends, language)
    assert VERIFIER.verify(issued) == PassClaims(VisitorReference(reference), begins, ends, language, "key-one")
    assert len(issued.text) <= PASS_MAX_CHARS
    assert parse_credential(issued.text.encode("ascii")) == issued


def test_the_time_of_a_pass_is_not_the_verifiers_question() -> None:
    """An expired pass is genuine; whether it is in its time is for the core to say."""
    later = verifier(KEY, now=lambda: NOW + timedelta(days=3650))
    assert later.verify(SignedPass(PASS)) == GENUINE


def test_the_envelope_is_the_standards() -> None:
    """Any COSE decoder reads it: tag 18; alg and kid protected, nothing unprotected; CWT claims; Sig_structure."""
    message = cbor2.loads(COSE)
    protected, unprotected, payload, signature = message.value
    assert message.tag == 18
    assert (cbor2.loads(protected), unprotected) == ({1: -8, 4: b"key-one"}, {})
    assert cbor2.loads(payload) == {
        4: int((NOW + timedelta(days=30)).timestamp()),
        6: int(NOW.timestamp()),
        -65537: REFERENCE.value,
        -65538: "kk",
    }
    key = Ed25519PrivateKey.from_private_bytes(decode_base64url(json.loads(KEY)["d"], "d", 32)).public_key()
    key.verify(signature, cbor2.dumps(["Signature1", protected, b"", payload]))


@settings(max_examples=600)
@given(data=st.data())
def test_no_other_text_verifies(data: st.DataObject) -> None:
    """A character replaced, inserted, deleted, swapped or in other case: never a genuine pass."""
    place = data.draw(st.integers(0, len(PASS) - 1))
    anything = st.sampled_from("0129AZ $%*+-./:az\n\x00é") | st.characters()
    match data.draw(st.sampled_from(["replace", "insert", "append", "delete", "swap", "case", "cut"])):
        case "replace":
            text = PASS[:place] + data.draw(anything) + PASS[place + 1 :]
        case "insert":
            text = PASS[:place] + data.draw(anything) + PASS[place:]
        case "append":
            text = PASS + data.draw(anything)
        case "delete":
            text = PASS[:place] + PASS[place + 1 :]
        case "swap":
            text = PASS[:place] + PASS[place : place + 2][::-1] + PASS[place + 2 :]
        case "case":
            text = PASS[:place] + PASS[place].swapcase() + PASS[place + 1 :]
        case _:
            text = PASS[:place]
    if text != PASS:
        assert isinstance(verify(text), PassProblem)


def test_no_other_bytes_verify() -> None:
    """Every single byte of the envelope counts, the unsigned ones as well: each bit of each is changed in turn."""
    for place in range(len(COSE)):
        for bit in range(8):
            changed = bytearray(COSE)
            changed[place] ^= 1 << bit
            assert isinstance(verify("ASHYQ1:" + base45.encode(bytes(changed))), PassProblem), (place, bit)


@settings(max_examples=300)
@given(place=st.integers(0, len(COSE)), inserted=st.binary(max_size=12), deleted=st.integers(0, 12))
def test_no_rearranged_bytes_verify(place: int, inserted: bytes, deleted: int) -> None:
    """Bytes put in and taken out anywhere."""
    changed = COSE[:place] + inserted + COSE[place + deleted :]
    if changed != COSE:
        assert isinstance(verify("ASHYQ1:" + base45.encode(changed)), PassProblem)


@settings(max_examples=300)
@given(text=st.text(max_size=220) | st.binary(max_size=140).map(lambda data: "ASHYQ1:" + base45.encode(data)))
def test_no_text_makes_it_raise(text: str) -> None:
    """Whatever is shown to the camera is an answer, never an exception."""
    assert isinstance(verify(text), PassProblem)


def test_the_same_message_written_in_another_way_is_no_pass() -> None:
    """The envelope in CBOR that is not the shortest, untagged, or with something in its open header is refused."""
    message = cbor2.loads(COSE)
    protected, _, payload, signature = message.value
    others = {
        "untagged": cbor2.dumps([protected, {}, payload, signature]),
        "open header": cbor2.dumps(cbor2.CBORTag(18, [protected, {4: b"key-one"}, payload, signature])),
        "long lengths": COSE.replace(b"\xd2\x84\x4c", b"\xd2\x84\x58\x0c"),
        "open-ended": COSE.replace(b"\xd2\x84", b"\xd2\x9f", 1) + b"\xff",
        "tag twice": b"\xd2" + COSE,
        "more behind": COSE + b"\x00",
    }
    for name, data in others.items():
        assert data != COSE, name
        assert verify("ASHYQ1:" + base45.encode(data)) is PassProblem.DAMAGED, name


def test_a_pass_of_a_key_that_is_not_here_is_not_called_forged() -> None:
    """It may be newer than this terminal's key set."""
    assert verifier(OTHER_KEY).verify(SignedPass(PASS)) is PassProblem.KEY_UNKNOWN


def test_a_pass_that_names_a_key_it_was_not_signed_with_is_forged() -> None:
    """Somebody's own key under the issuer's key id."""
    false_key = issuing.new_key("key-one")
    forged = issuing.issue(REFERENCE, false_key, NOW, NOW + timedelta(days=1))
    assert VERIFIER.verify(forged) is PassProblem.FORGED


@pytest.mark.parametrize(
    "text", ["", "ASHYQ1:", "ASHYQ:" + PASS[7:], "ashyq1:" + PASS[7:], PASS + " ", " " + PASS, PASS.lower(), PASS[:-3]]
)
def test_what_has_not_the_form_is_damaged(text: str) -> None:
    """Cut off, in another case, with blanks around it or with another prefix."""
    assert verify(text) is PassProblem.DAMAGED


GOOD_CLAIMS: dict[object, object] = {4: 2_000_000_000, 6: 1_600_000_000, -65537: bytes(16), -65538: "kk"}


@pytest.mark.parametrize(
    "claims",
    [
        [1, 2],
        "text",
        {**GOOD_CLAIMS, 4: 1_600_000_000},
        {**GOOD_CLAIMS, 4: True},
        {**GOOD_CLAIMS, 4: 2e9},
        {**GOOD_CLAIMS, 4: 10**18},
        {**GOOD_CLAIMS, 6: -(10**18)},
        {**GOOD_CLAIMS, -65537: bytes(15)},
        {**GOOD_CLAIMS, -65537: "A" * 16},
        {**GOOD_CLAIMS, -65538: ""},
        {**GOOD_CLAIMS, -65538: 7},
        {key: value for key, value in GOOD_CLAIMS.items() if key != -65537},
        {key: value for key, value in GOOD_CLAIMS.items() if key != 4},
    ],
)
def test_nonsense_under_a_good_signature_is_damaged(claims: object) -> None:
    """An issuer's mistake lets nobody in and stops nothing."""
    assert verify(signed(claims)) is PassProblem.DAMAGED


def test_claims_in_another_order_are_damaged() -> None:
    """Each pass has one text: the order of claims is fixed, too."""
    assert verify(signed(dict(reversed(GOOD_CLAIMS.items())), canonical=False)) is PassProblem.DAMAGED


def test_claims_of_a_later_version_are_passed_over() -> None:
    """An issuer may say more than this terminal knows."""
    without_language = {claim: value for claim, value in GOOD_CLAIMS.items() if claim != CLAIM_LANGUAGE}
    assert isinstance(verify(signed({**without_language, 1: "kz"})), PassClaims)


def test_keys_are_replaced_while_it_works() -> None:
    """From one call to the next."""
    subject = verifier(OTHER_KEY)
    subject.replace_keys(issuing.public_key_set([KEY, OTHER_KEY]).encode())
    assert subject.verify(SignedPass(PASS)) == GENUINE


@pytest.mark.parametrize("bad", [b"", b"[]", b'{"keys": []}', b'{"keys": [{"kty": "OKP", "crv": "Ed25519"}]}'])
def test_bad_keys_do_not_displace_good_ones(bad: bytes) -> None:
    """A key set that is broken or empty is refused, and passes go on being verified."""
    subject = verifier(KEY)
    with pytest.raises(ValueError, match="key"):
        subject.replace_keys(bad)
    assert subject.verify(SignedPass(PASS)) == GENUINE


def test_a_key_is_used_in_its_own_time_only() -> None:
    """Before nbf and from exp on, it is as if the key were not here."""
    jwk = json.loads(issuing.public_key_set([KEY]))["keys"][0]
    jwk |= {"nbf": int(NOW.timestamp()), "exp": int(NOW.timestamp()) + 60}
    keys = KeySet.from_jwks(json.dumps({"keys": [jwk]}).encode())
    answers = [
        PassVerifier(keys, lambda s=seconds: NOW + timedelta(seconds=s)).verify(SignedPass(PASS))  # type: ignore[misc]  # mypy can't type the default
        for seconds in (-1, 0, 59, 60)
    ]
    assert answers == [PassProblem.KEY_UNKNOWN, GENUINE, GENUINE, PassProblem.KEY_UNKNOWN]


def test_neither_log_nor_repr_names_the_visitor() -> None:
    """Passes and envelopes can stand in a traceback."""
    assert "hidden" in repr(SignedPass(PASS))
    assert PASS not in repr(open_envelope(PASS))
