"""One shard of the status copy: an immutable file of sorted records, found with two short reads and no cache.

A file: `ASHQSHR1`, its shard number (4 bytes), the records' count (4 bytes); then 256 buckets' ends (4 bytes each, in
records) and 256 CRC-32 of the buckets; the CRC-32 of all that; then the records, 9 bytes each: the lower 6 bytes of the
hash and 3 of the value. A hash's first byte names the shard, its second the bucket. Numbers are big-endian.

Each lookup proves the bytes that it rests on by their CRC-32: a card that loses bits makes a visitor unknown to the
copy, never green.
"""

import os
import zlib
from bisect import bisect_left
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kiosk.status_pages import Hashes, Values

_MAGIC = b"ASHQSHR1"
_BUCKETS = 256
_HEAD_BYTES = 16 + 2 * 4 * _BUCKETS + 4
_RECORD_BYTES, _HASH_BYTES = 9, 6


class ShardDamagedError(OSError):
    """The file is not what was written."""


def write_shard(path: Path, shard: int, hashes: Hashes, values: Values) -> None:
    """Write a shard beside `path` and put it in its place, whole or not at all, also through a power cut.

    hashes: sorted, each once, all of this shard.
    """
    records = np.empty((len(hashes), _RECORD_BYTES), np.uint8)
    records[:, :_HASH_BYTES] = hashes.astype(">u8").view(np.uint8).reshape(-1, 8)[:, 2:]
    records[:, _HASH_BYTES:] = values.astype(">u4").view(np.uint8).reshape(-1, 4)[:, 1:]
    buckets = ((hashes >> np.uint64(48)) & np.uint64(0xFF)).astype(np.int64)
    ends = np.cumsum(np.bincount(buckets, minlength=_BUCKETS))
    content = records.tobytes()
    begins = [0, *(int(end) for end in ends[:-1])]
    sums = [
        zlib.crc32(content[begin * _RECORD_BYTES : int(end) * _RECORD_BYTES])
        for begin, end in zip(begins, ends, strict=True)
    ]
    head = _MAGIC + shard.to_bytes(4, "big") + len(hashes).to_bytes(4, "big")
    head += ends.astype(">u4").tobytes() + np.array(sums, ">u4").tobytes()
    beside = path.with_suffix(".new")
    with beside.open("wb") as file:
        file.write(head + zlib.crc32(head).to_bytes(4, "big") + content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    # What is noted of this shard elsewhere must not reach the disk before it does.
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def find(path: Path, hash_: int) -> int | None:
    """The value of a hash, or None; raises FileNotFoundError, ShardDamagedError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        head = _checked(os.pread(descriptor, _HEAD_BYTES, 0), hash_ >> 56)
        bucket = (hash_ >> 48) & 0xFF
        begin = 0 if bucket == 0 else _number(head, bucket - 1)
        count = _number(head, bucket) - begin
        content = os.pread(descriptor, count * _RECORD_BYTES, _HEAD_BYTES + begin * _RECORD_BYTES)
    finally:
        os.close(descriptor)
    if zlib.crc32(content) != _number(head, _BUCKETS + bucket):
        raise ShardDamagedError(f"{path}: a part of it is damaged")
    wanted = (hash_ & 0xFFFF_FFFF_FFFF).to_bytes(_HASH_BYTES, "big")
    place = bisect_left(range(count), wanted, key=lambda index: content[index * 9 : index * 9 + _HASH_BYTES])
    record = content[place * _RECORD_BYTES : (place + 1) * _RECORD_BYTES]
    return int.from_bytes(record[_HASH_BYTES:], "big") if record[:_HASH_BYTES] == wanted else None


def read_shard(path: Path, shard: int) -> tuple[Hashes, Values]:
    """All records; raises FileNotFoundError, ShardDamagedError."""
    content = path.read_bytes()
    head = _checked(content[:_HEAD_BYTES], shard)
    body = content[_HEAD_BYTES:]
    ends = [_number(head, bucket) * _RECORD_BYTES for bucket in range(_BUCKETS)]
    if len(body) != ends[-1]:
        raise ShardDamagedError(f"{path}: is cut off")
    begin = 0
    for bucket, end in enumerate(ends):
        if zlib.crc32(body[begin:end]) != _number(head, _BUCKETS + bucket):
            raise ShardDamagedError(f"{path}: a part of it is damaged")
        begin = end
    records = np.frombuffer(body, np.uint8).reshape(-1, _RECORD_BYTES)
    counts = np.diff(np.array([0, *ends]) // _RECORD_BYTES)
    return _hashes(records, shard, np.repeat(np.arange(_BUCKETS, dtype=np.uint8), counts)), _values(records)


def _checked(head: bytes, shard: int) -> bytes:
    """The two tables of a head that is whole."""
    sound = len(head) == _HEAD_BYTES and head[:8] == _MAGIC and int.from_bytes(head[8:12], "big") == shard
    if not sound or zlib.crc32(head[:-4]) != int.from_bytes(head[-4:], "big"):
        raise ShardDamagedError(f"shard {shard:02x}: its head is damaged")
    return head[16:-4]


def _number(tables: bytes, index: int) -> int:
    return int.from_bytes(tables[4 * index : 4 * index + 4], "big")


def _hashes(records: NDArray[np.uint8], shard: int, buckets: NDArray[np.uint8]) -> Hashes:
    wide = np.empty((len(records), 8), np.uint8)
    wide[:, 0], wide[:, 1] = shard, buckets
    wide[:, 2:] = records[:, :_HASH_BYTES]
    return wide.view(">u8").reshape(-1).astype(np.uint64)


def _values(records: NDArray[np.uint8]) -> Values:
    wide = np.zeros((len(records), 4), np.uint8)
    wide[:, 1:] = records[:, _HASH_BYTES:]
    return wide.view(">u4").reshape(-1).astype(np.uint32)
