"""Pages of statuses: they come back as they were, or are refused."""

import base64
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.contract import Status
from kiosk.status_pages import (
    REMOVED,
    Hashes,
    PageError,
    PageHead,
    Value,
    Values,
    decode_page,
    digest_of,
    digest_text,
    encode_page,
    hash_of,
)

KEY = bytes(range(32))
VALUES = {0: Value(status=Status.GREEN), 1: Value(status=Status.YELLOW, home_area="a/b")}
records = st.dictionaries(st.integers(0, (1 << 56) - 1), st.sampled_from([0, 1]), max_size=40)


def arrays(found: dict[int, int], shard: int = 7) -> tuple[Hashes, Values]:
    """Records of one shard, in order."""
    hashes = sorted(found)
    return (
        np.array([shard << 56 | one for one in hashes], np.uint64),
        np.array([found[one] for one in hashes], np.uint32),
    )


def head(hashes: Hashes, records: Values, **other: object) -> PageHead:
    fields = {
        "kind": "snapshot",
        "publication": "p1",
        "key": base64.b64encode(KEY).decode(),
        "shard": 7,
        "count": len(hashes),
        "digest": digest_text(digest_of(hashes, records)),
        "next": "s.p1.8",
        "more": True,
        "values": VALUES,
    }
    return PageHead.model_validate({**fields, **other})


@given(records)
def test_a_page_comes_back_as_it_was(found: dict[int, int]) -> None:
    """Head, hashes and values."""
    hashes, values = arrays(found)
    sent = head(hashes, values)
    back = decode_page(encode_page(sent, hashes, values))
    assert back[0] == sent
    assert np.array_equal(back[1], hashes)
    assert np.array_equal(back[2], values)


@given(records, st.data())
def test_no_damage_goes_unnoticed(found: dict[int, int], data: st.DataObject) -> None:
    """A byte changed, cut off or added anywhere: the page is refused, or says what it said before."""
    hashes, values = arrays(found)
    page = encode_page(head(hashes, values), hashes, values)
    place = data.draw(st.integers(0, len(page) - 1))
    damaged = data.draw(
        st.sampled_from(
            [page[:place], page + b"x", page[:place] + bytes([page[place] ^ (1 << place % 8)]) + page[place + 1 :]]
        )
    )
    try:
        _, got_hashes, got_values = decode_page(damaged)
    except PageError:
        return
    assert np.array_equal(got_hashes, hashes)
    assert np.array_equal(got_values, values)


@given(records, records)
def test_digests_add_up(one: dict[int, int], other: dict[int, int]) -> None:
    """The digest of a whole is the sum of its parts', in any order: what changes is subtracted and added."""
    parts = [arrays(one, 1), arrays(other, 2)]
    both = np.concatenate([parts[1][0], parts[0][0]]), np.concatenate([parts[1][1], parts[0][1]])
    assert digest_of(*both) == sum(digest_of(*part) for part in parts) % (1 << 64)


def test_digests_tell_records_apart() -> None:
    """Another value, another hash, one record less: another digest."""
    hashes, values = arrays({1: 0, 2: 1})
    digests = {digest_of(hashes, values), digest_of(hashes, values[::-1]), digest_of(hashes[:1], values[:1]), 0}
    assert len(digests) == 4


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"digest": "0" * 16}, "digest"),
        ({"count": 1}, "holds more than it should"),
        ({"count": 3}, "does not hold the 3 records"),
        ({"shard": 8}, "another shard"),
        ({"shard": None}, "another shard"),
        ({"values": {}}, "does not name"),
        ({"key": base64.b64encode(b"short").decode()}, "has not 32 bytes"),
        ({"key": "?"}, "no base64"),
    ],
)
def test_contradictions_are_refused(change: dict[str, object], words: str) -> None:
    """A page whose head and records do not agree."""
    hashes, values = arrays({1: 0, 2: 1})
    with pytest.raises(PageError, match=words):
        decode_page(encode_page(head(hashes, values, **change), hashes, values))


def test_records_out_of_order_are_refused() -> None:
    """A shard is searched by bisection; one out of order would hide visitors."""
    hashes, values = arrays({1: 0, 2: 1})
    for wrong in (hashes[::-1], hashes[[0, 0]]):
        with pytest.raises(PageError, match="not in order"):
            decode_page(encode_page(head(wrong, values), wrong, values))


def test_removals_stand_in_deltas_only() -> None:
    """A snapshot says who is there; a delta may say who is no longer."""
    hashes, values = arrays({1: 0, 2: REMOVED})
    decode_page(encode_page(head(hashes, values, kind="delta", shard=None), hashes, values))
    with pytest.raises(PageError, match="does not name"):
        decode_page(encode_page(head(hashes, values), hashes, values))


@pytest.mark.parametrize("page", [b"", b"ASHQ", b"<html>", b"ASHQ\xff\xff\xff\xff", b"ASHQ\0\0\0\x05hello"])
def test_no_page(page: bytes) -> None:
    """A log-in page, a cut one."""
    with pytest.raises(PageError):
        decode_page(page)


def test_a_bomb_is_not_unpacked() -> None:
    """A small page that would fill the memory is refused before it does."""
    hashes, values = arrays({1: 0})
    page = encode_page(head(hashes, values), hashes, values)
    records_at = 8 + int.from_bytes(page[4:8], "big")
    with pytest.raises(PageError, match="holds more than it should"):
        decode_page(page[:records_at] + zlib.compress(bytes(50_000_000)))


@pytest.mark.parametrize("name", ["..", "../x", "", "a/b", ".hidden", "x" * 65])
def test_publications_have_harmless_names(name: str) -> None:
    """A publication becomes a folder's name."""
    hashes, values = arrays({})
    with pytest.raises(ValueError, match="publication"):
        head(hashes, values, publication=name)


def test_hashes_are_keyed() -> None:
    """Who does not have the key can't look a visitor up; another publication has other hashes."""
    assert hash_of(KEY, "visitor") != hash_of(bytes(32), "visitor")
    assert hash_of(KEY, "visitor") == hash_of(KEY, "visitor") < 1 << 64
