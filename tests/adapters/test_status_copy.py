"""The status copy: it becomes what central has published, is used once it is proved whole, and is never empty."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.adapters.status_copy import StatusCopy
from kiosk.core.credential import format_reference
from kiosk.core.status import Source, Status
from kiosk.status_pages import SHARDS, PageError
from tests.adapters.publisher import NOW, NUMBERS, VALUES, VISITORS, Copy, Publisher, hashed


@pytest.fixture
def publisher() -> Publisher:
    """Forty visitors of all four statuses."""
    publisher = Publisher()
    for number, visitor in enumerate(VISITORS):
        publisher.set(visitor, list(NUMBERS)[number % 4])
    return publisher


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[Copy]:
    opened = Copy(tmp_path / "statuses")
    yield opened
    opened.copy.close()


def test_used_once_proved_whole(copy: Copy, publisher: Publisher) -> None:
    """Snapshot pages alone answer nothing; central's proof makes the copy one to decide by, as old as that proof."""
    assert copy.copy.wanted() == (None, None)
    for shard in range(SHARDS):
        assert copy.known() == {}
        assert copy.copy.take(publisher.shard(shard))
    assert copy.known() == {}
    assert not copy.copy.take(publisher.delta(len(publisher.log)))
    assert copy.known() == publisher.statuses
    answer = copy.copy.get(VISITORS[0])
    assert answer is not None
    assert (answer.source, answer.confirmed_at) == (Source.COPY, NOW)


def test_goes_on_where_it_was_interrupted(copy: Copy, publisher: Publisher) -> None:
    """After a restart in the middle of the snapshot the next page is asked for, not the first."""
    for shard in range(100):
        copy.copy.take(publisher.shard(shard))
    before = copy.copy.wanted()
    copy.reopen()
    assert copy.copy.wanted() == before == (f"s.{len(publisher.log)}.99", None)
    for shard in range(100, SHARDS):
        copy.copy.take(publisher.shard(shard))
    copy.copy.take(publisher.delta(len(publisher.log)))
    assert copy.known() == publisher.statuses


def test_changes_of_the_meantime(copy: Copy, publisher: Publisher) -> None:
    """What changes at central while the snapshot comes is in some pages and not in others; the delta evens it out."""
    begun_at = len(publisher.log)
    for shard in range(SHARDS):
        if shard in (50, 120, 200):
            publisher.set(VISITORS[shard % 40], "red")
            publisher.set(VISITORS[shard % 40 + 1], None)
        copy.copy.take(publisher.shard(shard, after=begun_at))
    copy.copy.take(publisher.delta(begun_at))
    assert copy.known() == publisher.statuses


def test_deltas(copy: Copy, publisher: Publisher) -> None:
    """A change, a removal, somebody new; several changes of one visitor in a page: the last one counts."""
    stranger = VISITORS.pop()
    try:
        publisher.set(stranger, None)
        copy.take_all(publisher)
        since = len(publisher.log)
        for visitor, status in ((VISITORS[0], "red"), (VISITORS[1], None), (VISITORS[2], "red"), (VISITORS[2], "blue")):
            publisher.set(visitor, status)
        publisher.set(stranger, "green")
        copy.now += timedelta(hours=1)
        assert not copy.copy.take(publisher.delta(since))
    finally:
        VISITORS.append(stranger)
    assert copy.known() == publisher.statuses
    answer = copy.copy.get(VISITORS[3])
    assert answer is not None
    assert answer.confirmed_at == NOW + timedelta(hours=1)
    copy.reopen()
    assert copy.known() == publisher.statuses


def test_a_page_without_its_proof_confirms_nothing(copy: Copy, publisher: Publisher) -> None:
    """The age of the copy counts from the last proof; what a page has changed counts at once."""
    copy.take_all(publisher)
    since = len(publisher.log)
    publisher.set(VISITORS[0], "red")
    copy.now += timedelta(hours=1)
    assert copy.copy.take(publisher.delta(since, proof=False))
    answer = copy.copy.get(VISITORS[0])
    assert answer is not None
    assert answer.record is not None
    assert (answer.record.status, answer.confirmed_at) == (Status.RED, NOW)


def test_a_lost_change_is_noticed_and_mended(copy: Copy, publisher: Publisher) -> None:
    """Central's proof does not fit: the shards that are wrong are fetched again, no others; lookups go on."""
    copy.take_all(publisher)
    publisher.set(VISITORS[0], "green")
    publisher.set(VISITORS[4], "green")
    copy.now += timedelta(hours=1)
    assert copy.copy.take(publisher.delta(len(publisher.log)))  # without the two changes
    assert len(copy.known()) == len(VISITORS)
    answer = copy.copy.get(VISITORS[1])
    assert answer is not None
    assert answer.confirmed_at == NOW
    assert copy.mend(publisher) == len({hashed(publisher, VISITORS[n]) >> 56 for n in (0, 4)})
    assert copy.known() == publisher.statuses
    assert copy.copy.wanted()[1] is None


def test_a_damaged_shard_is_fetched_again(copy: Copy, publisher: Publisher) -> None:
    """A visitor whose bytes are damaged is unknown to the copy, and the shard is mended; the others are answered."""
    copy.take_all(publisher)
    shard = hashed(publisher, VISITORS[0]) >> 56
    path = copy.folder / "p1" / f"{shard:02x}.shard"
    path.write_bytes(path.read_bytes()[:-1] + b"\xff\xff")
    assert VISITORS[0] not in copy.known()
    assert copy.copy.wanted()[1] == shard
    assert copy.mend(publisher) == 1
    assert copy.known() == publisher.statuses


def test_verifying_finds_what_no_lookup_touches(copy: Copy, publisher: Publisher) -> None:
    """A missing file, and one that is another's."""
    copy.take_all(publisher)
    assert copy.copy.verify() == 0
    (copy.folder / "p1" / "00.shard").unlink()
    shutil.copy(copy.folder / "p1" / "02.shard", copy.folder / "p1" / "01.shard")
    assert copy.copy.verify() == 2
    assert copy.mend(publisher) == 2
    assert copy.copy.verify() == 0


def test_a_new_publication_takes_over_when_it_is_whole(copy: Copy, publisher: Publisher) -> None:
    """Until then the old one answers; afterwards nothing of it is left on the card."""
    copy.take_all(publisher)
    new = Publisher("p2")
    new.set(VISITORS[0], "red")
    copy.copy.start_over()
    assert copy.copy.wanted() == (None, None)
    for shard in range(SHARDS):
        copy.copy.take(new.shard(shard))
        assert len(copy.known()) == len(VISITORS)
    copy.reopen()
    assert len(copy.known()) == len(VISITORS)
    copy.copy.take(new.delta(len(new.log)))
    assert copy.known() == {VISITORS[0]: "red"}
    assert not (copy.folder / "p1").exists()


def test_the_same_publication_anew(copy: Copy, publisher: Publisher) -> None:
    """Central was set back and does not know the cursor: what is in use answers until all has come again."""
    copy.take_all(publisher)
    before = dict(publisher.statuses)
    publisher.set(VISITORS[0], "red" if before[VISITORS[0]] == "green" else "green")
    for _ in range(2):  # as often as it happens
        copy.copy.start_over()
        assert copy.copy.wanted() == (None, None)
        for shard in range(SHARDS):
            copy.copy.take(publisher.shard(shard))
            assert copy.known() == before
        copy.reopen()
        copy.copy.take(publisher.delta(len(publisher.log)))
        before = dict(publisher.statuses)
        assert copy.known() == before
    assert len([folder for folder in copy.folder.iterdir() if folder.is_dir()]) == 1


def test_numbers_that_mean_something_else(copy: Copy, publisher: Publisher) -> None:
    """Central was set back and gave its numbers anew: nobody is told what another number used to mean."""
    copy.take_all(publisher)
    before = dict(publisher.statuses)
    publisher.values = {number: VALUES[len(VALUES) - 1 - number] for number in VALUES}
    publisher.set(VISITORS[0], before[VISITORS[0]])
    with pytest.raises(PageError, match="mean something else"):
        copy.copy.take(publisher.delta(len(publisher.log) - 1))
    assert copy.known() == before
    assert copy.copy.wanted() == (None, None)
    copy.take_all(publisher)
    names = {status: publisher.values[number].status.value for status, number in NUMBERS.items()}
    assert copy.known() == {visitor: names[status] for visitor, status in before.items()}


def test_starting_over_before_the_end(copy: Copy, publisher: Publisher) -> None:
    """A publication that central gives up while it is fetched is given up here, too."""
    copy.copy.start_over()
    copy.copy.take(publisher.shard(0))
    copy.copy.start_over()
    assert copy.copy.wanted() == (None, None)
    assert not (copy.folder / "p1").exists()


def test_folding(copy: Copy, publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    """Changes that have become many are written into the shards; nothing that is known changes by that."""
    copy.take_all(publisher)
    assert not copy.copy.fold()
    since = len(publisher.log)
    for visitor in VISITORS[:30]:
        publisher.set(visitor, "red")
    publisher.set(VISITORS[30], None)
    copy.copy.take(publisher.delta(since))
    monkeypatch.setattr("kiosk.adapters.status_copy._FOLD_LEAST", 10)
    assert copy.copy.fold()
    assert not copy.copy.fold()
    assert copy.known() == publisher.statuses
    assert copy.copy.verify() == 0
    copy.copy.take(publisher.delta(len(publisher.log)))
    assert copy.copy.wanted()[1] is None


def test_a_damaged_index_is_begun_anew(copy: Copy, publisher: Publisher) -> None:
    """The copy can be had again: a terminal starts without it rather than not at all."""
    copy.take_all(publisher)
    copy.copy.close()
    (copy.folder / "index.db").write_bytes(b"noise" * 2000)
    copy.copy = StatusCopy(copy.folder, lambda: NOW)
    assert copy.copy.wanted() == (None, None)
    assert copy.known() == {}
    assert not (copy.folder / "p1").exists()
    copy.take_all(publisher)
    assert copy.known() == publisher.statuses


def test_a_delta_to_half_a_copy_is_refused(copy: Copy, publisher: Publisher) -> None:
    """Pages that come in the wrong order change nothing."""
    copy.copy.take(publisher.shard(0))
    with pytest.raises(PageError, match="not complete"):
        copy.copy.take(publisher.delta())
    assert copy.known() == {}


def test_no_reference_stands_in_any_file(copy: Copy, publisher: Publisher) -> None:
    """Who finds the card finds no visitor's reference."""
    copy.take_all(publisher)
    publisher.set(VISITORS[0], "red")
    copy.copy.take(publisher.delta(len(publisher.log) - 1))
    stored = b"".join(path.read_bytes() for path in copy.folder.rglob("*") if path.is_file())
    assert publisher.key in stored
    assert not [
        visitor for visitor in VISITORS if visitor.value in stored or format_reference(visitor).encode() in stored
    ]


steps = st.lists(
    st.one_of(
        st.tuples(st.just("set"), st.integers(0, 39), st.sampled_from([*NUMBERS, None])),
        st.tuples(
            st.sampled_from(["delta", "lose", "reopen", "damage", "remove", "verify"]), st.integers(0, 39), st.none()
        ),
    ),
    min_size=5,
    max_size=25,
)


@settings(max_examples=15)
@given(steps)
def test_whatever_happens_a_copy_never_tells_what_is_wrong_after_its_proof(
    taken: list[tuple[str, int, str | None]],
) -> None:
    """Lost pages, restarts, damaged and missing files: once confirmed anew, the copy is what central has published."""
    publisher = Publisher()
    with TemporaryDirectory() as folder:
        copy = Copy(Path(folder) / "statuses")
        copy.take_all(publisher)
        since = 0
        for what, number, status in taken:
            shard = hashed(publisher, VISITORS[number]) >> 56
            path = copy.folder / "p1" / f"{shard:02x}.shard"
            if what == "set":
                publisher.set(VISITORS[number], status)
            elif what == "delta":
                copy.copy.take(publisher.delta(since))
                since = len(publisher.log)
            elif what == "lose":
                since = len(publisher.log)
            elif what == "reopen":
                copy.reopen()
            elif what == "damage" and path.exists():
                path.write_bytes(bytes(byte ^ 0x40 for byte in path.read_bytes()))
            elif what == "remove":
                path.unlink(missing_ok=True)
            else:
                copy.copy.verify()
        copy.copy.take(publisher.delta(since))
        copy.copy.verify()
        copy.mend(publisher)
        assert copy.known() == publisher.statuses
        assert copy.copy.wanted()[1] is None
        copy.copy.close()
