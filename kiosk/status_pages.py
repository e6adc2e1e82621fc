"""The pages of GET /v1/statuses: the wire contract's second part, shared by central and terminals.

Central publishes every visitor's status under a keyed hash of the visitor reference. A terminal takes the whole once,
as 256 snapshot pages (one for each first byte of the hash), and afterwards deltas. Each page proves itself by count and
digest, and the last delta page proves the terminal's whole copy, shard by shard.

A page: `ASHQ`, the packed head's length (4 bytes, big-endian), the head (JSON, zlib), the records (zlib). The records
stand column by column, most significant byte first, 8 columns of the hash and 3 of the value: sorted hashes compress
well that way.
"""

import base64
import binascii
import hashlib
import zlib
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from kiosk.contract import Status

Hashes = NDArray[np.uint64]
"""Keyed hashes of visitor references, shape (n,)."""
Values = NDArray[np.uint32]
"""What each hash stands for: a number of the head's `values`, or REMOVED; shape (n,)."""

SHARDS = 256
REMOVED = 0xFFFFFF
KEY_BYTES = 32
CONTENT_TYPE = "application/vnd.ashyq.statuses"

_MAGIC = b"ASHQ"
_COLUMNS = 11
_MAX_HEAD_BYTES = 8 << 20
_MAX_RECORDS = 4_000_000

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
Publication = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
Cursor = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,128}$")]


class PageError(ValueError):
    """A page that is damaged, or is none; the message says how."""


class Value(BaseModel):
    """A status as it is published; home_area only where the rules need it."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    status: Status
    valid_until: AwareDatetime | None = None
    home_area: str | None = Field(default=None, max_length=64)


class ShardState(BaseModel):
    """How many records a shard holds, and their digest."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    count: Annotated[int, Field(ge=0)]
    digest: Digest


class PageHead(BaseModel):
    """What a page is, and what comes after it.

    publication: a new one has another key, and hashes that fit no older one; shard: of a snapshot page; next: the
    cursor for `since`; more: whether there is something after `next` already; values: those that the records name;
    state: of all shards after this page, on the last delta page only.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)
    kind: Literal["snapshot", "delta"]
    publication: Publication
    key: str
    shard: Annotated[int, Field(ge=0, lt=SHARDS)] | None = None
    count: Annotated[int, Field(ge=0, le=_MAX_RECORDS)]
    digest: Digest
    next: Cursor
    more: bool
    values: dict[Annotated[int, Field(ge=0, lt=REMOVED)], Value]
    state: Annotated[list[ShardState], Field(min_length=SHARDS, max_length=SHARDS)] | None = None


def hash_of(key: bytes, reference: str) -> int:
    """The keyed hash of a visitor reference in its printed form: 64 bits."""
    return int.from_bytes(hashlib.blake2b(reference.encode("ascii"), key=key, digest_size=8).digest(), "big")


def digest_of(hashes: Hashes, values: Values) -> int:
    """A sum over the records that does not depend on their order: add what comes, subtract what goes (modulo 2^64).

    It shows loss and damage; against malice there is TLS.
    """
    mixed = _mix(hashes ^ _mix(values.astype(np.uint64) + np.uint64(1)))
    return int(np.sum(mixed, dtype=np.uint64))


def digest_text(digest: int) -> str:
    """As it stands in heads."""
    return f"{digest % (1 << 64):016x}"


def encode_page(head: PageHead, hashes: Hashes, values: Values) -> bytes:
    """A page's bytes. The head's count and digest are the caller's."""
    text = zlib.compress(head.model_dump_json(exclude_none=True).encode("utf-8"), 6)
    columns = np.empty((_COLUMNS, len(hashes)), np.uint8)
    columns[:8] = hashes.astype(">u8").view(np.uint8).reshape(-1, 8).T
    columns[8:] = values.astype(">u4").view(np.uint8).reshape(-1, 4).T[1:]
    return _MAGIC + len(text).to_bytes(4, "big") + text + zlib.compress(columns.tobytes(), 6)


def decode_page(page: bytes) -> tuple[PageHead, Hashes, Values]:
    """Head and records of a page that has proved itself; raises PageError."""
    if page[:4] != _MAGIC or len(page) < 8:
        raise PageError("no page of statuses")
    end = 8 + int.from_bytes(page[4:8], "big")
    if end > len(page):
        raise PageError("the page is cut off")
    try:
        head = PageHead.model_validate_json(_unpack(page[8:end], _MAX_HEAD_BYTES))
        key = base64.b64decode(head.key, validate=True)
    except ValidationError as error:
        places = ", ".join(sorted({".".join(str(part) for part in item["loc"]) for item in error.errors()}))
        raise PageError(f"the page's head has not the form of the contract: {places}") from None
    except binascii.Error:
        raise PageError("the page's key is no base64") from None
    if len(key) != KEY_BYTES:
        raise PageError(f"the page's key has not {KEY_BYTES} bytes")
    hashes, values = _records(page[end:], head.count)
    if digest_text(digest_of(hashes, values)) != head.digest:
        raise PageError("the page's records do not have the digest that its head names")
    unknown = set(np.unique(values).tolist()) - set(head.values) - ({REMOVED} if head.kind == "delta" else set())
    if unknown:
        raise PageError("a record stands for a value that the head does not name")
    if head.kind == "snapshot":
        if head.shard is None or (len(hashes) and not np.all(hashes >> np.uint64(56) == head.shard)):
            raise PageError("a record of another shard")
        if np.any(hashes[1:] <= hashes[:-1]):
            raise PageError("the records are not in order")
    return head, hashes, values


def _records(packed: bytes, count: int) -> tuple[Hashes, Values]:
    size = count * _COLUMNS
    plain = _unpack(packed, size)
    if len(plain) != size:
        raise PageError(f"the page does not hold the {count} records that its head names")
    columns = np.frombuffer(plain, np.uint8).reshape(_COLUMNS, count)
    hashes = np.ascontiguousarray(columns[:8].T).view(">u8").reshape(-1).astype(np.uint64)
    wide = np.zeros((count, 4), np.uint8)
    wide[:, 1:] = columns[8:].T
    return hashes, wide.view(">u4").reshape(-1).astype(np.uint32)


def _unpack(packed: bytes, most_bytes: int) -> bytes:
    """What was packed, if it is whole and no larger: a small page must not fill the memory."""
    unpacker = zlib.decompressobj()
    try:
        plain = unpacker.decompress(packed, most_bytes + 1)
    except zlib.error:
        raise PageError("the page can't be unpacked") from None
    if len(plain) > most_bytes or not unpacker.eof or unpacker.unused_data:
        raise PageError("the page is cut off, or holds more than it should")
    return plain


def _mix(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """splitmix64's finaliser: every bit of the input changes half of the bits of the output.

    https://prng.di.unimi.it/splitmix64.c
    """
    mixed = numbers + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
