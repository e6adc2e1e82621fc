"""The checksums of SQLite's write-ahead log: whether all of it is sound, and what a start would not read of it.

At a start SQLite reads a log up to the first frame that does not fit, says nothing, and removes the rest.
The form of the file: https://www.sqlite.org/fileformat2.html#the_write_ahead_log
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kiosk.adapters.store_errors import FileDamageError

HEAD_BYTES, FRAME_HEAD_BYTES = 32, 24
PAGE_SIZES = frozenset(1 << power for power in range(9, 17))
_MAGICS = (0x377F0682, 0x377F0683)
_FRAMES_AT_ONCE = 64

_Words = npt.NDArray[np.uint32]
_Truths = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Log:
    """The valid part of a write-ahead log, unproved: `checksum` is what SQLite remembers of its end."""

    content: bytes
    page_bytes: int
    checksum: bytes


def prove_log(log: Log) -> None:
    """Compute every checksum of a log. Raises FileDamageError."""
    if not _head_fits(log.content) or len(log.content) <= HEAD_BYTES:
        raise FileDamageError("has a damaged write-ahead log")
    salts, sums = _fitting(log.content, log.page_bytes)
    if not (salts & sums).all() or log.content[-log.page_bytes - 8 : -log.page_bytes] != log.checksum:
        raise FileDamageError("has a damaged write-ahead log")


def unread_part(content: bytes) -> bytes:
    """What a start would drop of a log, as a log of its own; empty: nothing.

    After a power cut that may be the beginning of what was never committed: reading it does no harm.
    """
    if len(content) <= HEAD_BYTES:
        return b""
    page_bytes = int.from_bytes(content[8:12], "big")
    if not _head_fits(content) or page_bytes not in PAGE_SIZES:
        return content
    salts, sums = _fitting(content, page_bytes)
    bad = np.flatnonzero(~(salts & sums))
    if not bad.size:
        return b""
    # Behind the newest frames stand those of earlier rounds, under other salts, and all of that is in the database.
    first = int(bad[0])
    salts[first] |= sums[first]  # it continues what stands before it: the salts themselves are what is damaged
    ours = np.flatnonzero(salts[first:])
    if not ours.size:
        return b""
    frame_bytes = FRAME_HEAD_BYTES + page_bytes
    begin, end = (HEAD_BYTES + number * frame_bytes for number in (first, first + int(ours[-1]) + 1))
    return content[:HEAD_BYTES] + content[begin:end]


def _head_fits(content: bytes) -> bool:
    if len(content) < HEAD_BYTES or int.from_bytes(content[:4], "big") not in _MAGICS:
        return False
    words = np.frombuffer(content, _order(content), 6).astype(np.uint32)
    sums = _sums(words.reshape(1, 6), np.zeros((1, 2), np.uint32))
    return bool(np.array_equal(sums[0], np.frombuffer(content, ">u4", 2, 24)))


def _fitting(content: bytes, page_bytes: int) -> tuple[_Truths, _Truths]:
    """For each frame whether it has the head's salts, and whether its checksum continues the one before it.

    The checksum of a frame is linear in its words, so that all frames are computed at once (some ms for 4 MB).
    """
    frame_bytes = FRAME_HEAD_BYTES + page_bytes
    frames = (len(content) - HEAD_BYTES) // frame_bytes
    body = np.frombuffer(content, np.uint8, frames * frame_bytes, HEAD_BYTES).reshape(frames, frame_bytes)
    salts: _Truths = (body[:, 8:16] == np.frombuffer(content, np.uint8, 8, 16)).all(axis=1)
    sums: _Truths = np.zeros(frames, np.bool_)
    told = np.frombuffer(content, ">u4", 2, 24).astype(np.uint32)
    for first in range(0, frames, _FRAMES_AT_ONCE):
        some = body[first : first + _FRAMES_AT_ONCE]
        words = np.ascontiguousarray(np.delete(some, np.s_[8:24], axis=1)).view(_order(content)).astype(np.uint32)
        stored = np.ascontiguousarray(some[:, 16:24]).view(">u4").astype(np.uint32)
        before = np.concatenate((told.reshape(1, 2), stored[:-1]))
        sums[first : first + _FRAMES_AT_ONCE] = (_sums(words, before) == stored).all(axis=1)
        told = stored[-1]
    return salts, sums


def _order(content: bytes) -> str:
    return ">u4" if content[3] & 1 else "<u4"


def _sums(words: _Words, before: _Words) -> _Words:
    """SQLite's checksums of rows of words, each begun with the pair of sums that stands before it.

    One step is s0 += x0 + s1; s1 += x1 + s0: the matrix ((1, 1), (1, 2)), and the vector (x0, x0 + x1); modulo 2^32.
    """
    pairs = words.shape[1] // 2
    powers = np.empty((pairs + 1, 4), np.uint32)
    row = (1, 0, 0, 1)
    for number in range(pairs + 1):
        powers[number] = row
        a, b, c, d = row
        row = tuple(value % (1 << 32) for value in (a + c, b + d, a + 2 * c, b + 2 * d))  # type: ignore[assignment]
    a, b, c, d = powers[pairs]
    factors = powers[pairs - 1 :: -1] if pairs > 1 else powers[:1]
    x0, both = words[:, 0::2], words[:, 0::2] + words[:, 1::2]
    s0, s1 = before[:, 0], before[:, 1]
    first = (x0 * factors[:, 0] + both * factors[:, 1]).sum(axis=1, dtype=np.uint32) + a * s0 + b * s1
    second = (x0 * factors[:, 2] + both * factors[:, 3]).sum(axis=1, dtype=np.uint32) + c * s0 + d * s1
    return np.stack((first, second), axis=1)
