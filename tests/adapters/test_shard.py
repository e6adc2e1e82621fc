"""A shard: everything that was written is found, nothing else, and damage is noticed by whoever stumbles over it."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.adapters.shard import ShardDamagedError, find, read_shard, write_shard

SHARD = 0xAB
# Few buckets, many neighbours: bisection and the buckets' borders are where mistakes would be.
lows = st.one_of(st.integers(0, (1 << 56) - 1), st.integers(0, 5), st.integers((1 << 48) - 3, (1 << 48) + 3))
records = st.dictionaries(lows, st.integers(0, 0xFFFFFF), max_size=60)


def write(folder: Path, found: dict[int, int]) -> Path:
    path = folder / "ab.shard"
    ordered = sorted(found)
    hashes = np.array([SHARD << 56 | low for low in ordered], np.uint64)
    write_shard(path, SHARD, hashes, np.array([found[low] for low in ordered], np.uint32))
    return path


@given(records, st.sets(lows, max_size=20))
def test_what_was_written_is_found_and_nothing_else(found: dict[int, int], others: set[int]) -> None:
    """One by one, and all at once."""
    with TemporaryDirectory() as folder:
        path = write(Path(folder), found)
        for low, value in found.items():
            assert find(path, SHARD << 56 | low) == value
        for low in others - set(found):
            assert find(path, SHARD << 56 | low) is None
        hashes, values = read_shard(path, SHARD)
        assert dict(zip((hashes & np.uint64((1 << 56) - 1)).tolist(), values.tolist(), strict=True)) == found


@given(st.data())
def test_a_flipped_bit_never_changes_an_answer(data: st.DataObject) -> None:
    """Whatever bit the card loses: the right value, or ShardDamagedError; and reading it all notices it for certain."""
    found = {7: 1, 1 << 50: 2, (1 << 50) + 1: 3, (1 << 56) - 1: 4}
    with TemporaryDirectory() as folder:
        path = write(Path(folder), found)
        content = bytearray(path.read_bytes())
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] ^= 1 << data.draw(st.integers(0, 7))
        path.write_bytes(content)
        with pytest.raises(ShardDamagedError):
            read_shard(path, SHARD)
        for low, value in found.items():
            try:
                assert find(path, SHARD << 56 | low) == value
            except ShardDamagedError:
                continue


@pytest.mark.parametrize("length", [0, 1, 100, 2067, 2068, 2070])
def test_a_file_that_was_cut_off(tmp_path: Path, length: int) -> None:
    """A write that did not reach the card."""
    path = write(tmp_path, {7: 1, 8: 2})
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(ShardDamagedError):
        read_shard(path, SHARD)
    with pytest.raises(ShardDamagedError):
        find(path, SHARD << 56 | 7)


def test_another_shards_file(tmp_path: Path) -> None:
    """A file in the wrong place answers nothing."""
    path = write(tmp_path, {7: 1})
    with pytest.raises(ShardDamagedError):
        find(path, 0xAC << 56 | 7)


def test_no_file(tmp_path: Path) -> None:
    """A missing shard is no empty one."""
    with pytest.raises(FileNotFoundError):
        find(tmp_path / "ab.shard", SHARD << 56)


def test_writing_fails_whole(tmp_path: Path) -> None:
    """Where a new one can't be written the old one stays."""
    path = write(tmp_path, {7: 1})
    (tmp_path / "ab.new").mkdir()
    with pytest.raises(OSError, match=r"ab\.new"):
        write(tmp_path, {7: 2})
    assert find(path, SHARD << 56 | 7) == 1
