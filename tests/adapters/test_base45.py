"""Base45: the examples of RFC 9285, every sequence of bytes, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.adapters import base45

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


@pytest.mark.parametrize(
    ("data", "text"), [(b"AB", "BB8"), (b"Hello!!", "%69 VD92EX0"), (b"base-45", "UJCLQE7W581"), (b"ietf!", "QED8WEX0")]
)
def test_the_examples_of_the_standard(data: bytes, text: str) -> None:
    """RFC 9285 sections 4.3 and 4.4, both ways."""
    assert base45.encode(data) == text
    assert base45.decode(text) == data


@given(data=st.binary(max_size=200))
def test_bytes_come_back_as_they_were(data: bytes) -> None:
    """Any bytes, in the alphabet of QR codes' alphanumeric mode."""
    text = base45.encode(data)
    assert set(text) <= set(ALPHABET)
    assert base45.decode(text) == data


@given(text=st.text(ALPHABET, max_size=40) | st.text(max_size=10))
def test_each_text_that_is_read_is_the_only_one_for_its_bytes(text: str) -> None:
    """What decodes at all encodes to the same text again; everything else is a ValueError."""
    try:
        data = base45.decode(text)
    except ValueError:
        return
    assert base45.encode(data) == text


@pytest.mark.parametrize("text", ["A", "BB8A", "GGX", "::", "GGW:::", "bb8", "BB8\n", "BB٨", "FGW0", "0"])
def test_what_is_no_base45_is_refused(text: str) -> None:
    """Wrong lengths, groups above 65535 and 255, lower case, line ends and look-alike digits."""
    with pytest.raises(ValueError, match="no base45"):
        base45.decode(text)
