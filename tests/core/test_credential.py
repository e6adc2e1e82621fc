"""Recognising credentials, and naming what is none."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.credential import (
    PASS_MAX_CHARS,
    ForeignKind,
    NotACredential,
    PassClaims,
    PassTime,
    SignedPass,
    VisitorReference,
    format_reference,
    parse_credential,
    parse_reference,
    pass_time,
)

references = st.builds(VisitorReference, st.binary(min_size=16, max_size=16))


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        (b"https://example.kz/menu", ForeignKind.URL),
        (b"HTTP://EXAMPLE.KZ", ForeignKind.URL),
        (b"www.example.kz", ForeignKind.URL),
        (b"otpauth://totp/x", ForeignKind.URL),
        (b"BEGIN:VCARD\nVERSION:3.0\nEND:VCARD", ForeignKind.VCARD),
        (b"MECARD:N:X;;", ForeignKind.VCARD),
        (b"WIFI:T:WPA;S:hall;P:secret;;", ForeignKind.WIFI),
        (b"tel:+77000000000", ForeignKind.CONTACT_LINK),
        (b"mailto:a@example.kz", ForeignKind.CONTACT_LINK),
        (b"", ForeignKind.EMPTY),
        (b"  \n", ForeignKind.EMPTY),
        (b"850101300123", ForeignKind.TEXT),
        ("Сәлем".encode(), ForeignKind.TEXT),
        (b"\xff\xfe\x00", ForeignKind.BINARY),
        (b"\x00\x01", ForeignKind.BINARY),
        (b"ASHYQ:TOO-SHORT", ForeignKind.DAMAGED),
        (b"ASHYQ1:" + b"0" * PASS_MAX_CHARS, ForeignKind.DAMAGED),
        (b"ashyq1:abc", ForeignKind.TEXT),
    ],
)
def test_what_is_no_credential_is_named(payload: bytes, kind: ForeignKind) -> None:
    """Each kind of foreign code gets its own name."""
    assert parse_credential(payload) == NotACredential(kind)


def test_a_bar_code_is_never_a_credential() -> None:
    """A bar code is named as such even if it spells a reference."""
    text = format_reference(VisitorReference(bytes(16))).encode()
    assert parse_credential(text, is_qr=False) == NotACredential(ForeignKind.BARCODE)


def test_a_signed_pass_keeps_its_text_to_the_letter() -> None:
    """A space at the end of a pass is a base45 digit, not dirt."""
    assert parse_credential(b"ASHYQ1:AB C ") == SignedPass("ASHYQ1:AB C ")


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_get_an_answer(payload: bytes, is_qr: bool) -> None:
    """Hostile content never stops the reader."""
    assert isinstance(parse_credential(payload, is_qr=is_qr), SignedPass | VisitorReference | NotACredential)


@given(references)
def test_a_printed_reference_is_read_back(reference: VisitorReference) -> None:
    """The printed form survives, also in small letters, with hyphens and spaces around it."""
    text = format_reference(reference)
    assert parse_credential(text.encode()) == reference
    assert parse_credential(f" {text.lower()[:10]}-{text.lower()[10:]}\n".encode()) == reference


@given(references, st.integers(0, 26), st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ"))
def test_one_wrong_symbol_in_a_printed_reference_is_noticed(
    reference: VisitorReference, place: int, symbol: str
) -> None:
    """The check symbol catches every single wrong symbol."""
    text = format_reference(reference)
    body = text.removeprefix("ASHYQ:")
    mutated = body[:place] + symbol + body[place + 1 :]
    if mutated != body:
        assert parse_reference(f"ASHYQ:{mutated}") is None


def test_look_alike_letters_are_forgiven() -> None:
    """O is read as 0, I and L as 1, as Crockford's alphabet provides."""
    text = format_reference(VisitorReference(bytes(15) + b"\x01"))
    assert parse_reference(text.replace("0", "O")) == VisitorReference(bytes(15) + b"\x01")


def test_a_reference_and_a_pass_hide_themselves() -> None:
    """Neither shows its value when it is printed into a log or a traceback."""
    reference = VisitorReference(b"sixteen bytes ok")
    assert "sixteen" not in f"{reference!r} {reference} {SignedPass('ASHYQ1:SECRET')!r}"[20:]
    assert "SECRET" not in repr(SignedPass("ASHYQ1:SECRET"))


def test_a_reference_has_sixteen_bytes() -> None:
    """Anything else is a programming error that names the length."""
    with pytest.raises(ValueError, match="this has 3"):
        VisitorReference(b"abc")


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        (-3, PassTime.NOT_YET_VALID),
        (-2, PassTime.VALID),
        (30, PassTime.VALID),
        (61, PassTime.VALID),
        (62, PassTime.EXPIRED),
    ],
)
def test_a_pass_is_valid_within_its_times_and_the_allowed_skew(minutes: int, expected: PassTime) -> None:
    """Each end is widened by the skew, and not by more."""
    start = datetime(2021, 6, 1, tzinfo=UTC)
    claims = PassClaims(VisitorReference(bytes(16)), start, start + timedelta(hours=1), "kk", "k1")
    assert pass_time(claims, start + timedelta(minutes=minutes), timedelta(minutes=2)) is expected
