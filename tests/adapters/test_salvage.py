"""Salvage: what a damaged journal still holds comes over, exactly as it was written, and nothing else."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.adapters.clock import TerminalClock
from kiosk.adapters.issuing import new_reference
from kiosk.adapters.journal import SqliteJournal
from kiosk.adapters.journal_rows import is_sound
from kiosk.adapters.salvage import Salvage
from kiosk.adapters.store import Store
from kiosk.adapters.visit_ids import new_visit_id
from kiosk.core.admission import Reason, because
from kiosk.core.credential import CredentialKind, VisitorReference
from kiosk.core.visit import Passage, SealedReference, Visit
from kiosk.sealing import new_private_key, private_key_of, public_jwk, public_key_of
from tests.adapters.conftest import ANSWER, NOW
from tests.adapters.damaged_journals import Original, Start, make_original, spoil_pages, start_on, truncate

MakeVisit = Callable[..., Visit]

KEY = public_key_of(json.dumps(public_jwk(private_key_of(new_private_key()))))
COUNT, SENT = 300, 50
ROWS_ON_A_PAGE = 16


def visits() -> list[Visit]:
    """Of every kind, one second after the other."""
    return [
        Visit(
            new_visit_id(),
            NOW + timedelta(seconds=number),
            CredentialKind.PASS,
            new_reference() if number % 9 else None,
            because(Reason.ADMITTED, ANSWER) if number % 5 else because(Reason.PASS_EXPIRED),
            Passage.TAKEN if number % 7 else None,
        )
        for number in range(COUNT)
    ]


@pytest.fixture(scope="module", params=[False, True], ids=["all in one file", "half in the log"])
def original(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Original:
    """Made once: each example damages a copy."""
    made = visits()
    folder = tmp_path_factory.mktemp("original")
    return make_original(folder, made, [visit.id for visit in made[:SENT]], KEY, has_log=request.param)


def check(start: Start, original: Original) -> int:
    """Nothing but what was written; returns how many are lost of those that central does not have."""
    for visit_id, found in start.visits.items():
        written = original.visits[visit_id]
        assert found == replace(written, passage=written.passage or Passage.UNKNOWN)
    if start.aside:
        # Where the newest version of a row is lost an older one may not know yet that central has it.
        assert set(start.visits) <= start.unsent
    return len(set(original.visits) - original.acknowledged - set(start.visits))


def test_an_undamaged_one_is_left_alone(original: Original, tmp_path: Path) -> None:
    """No file is kept aside, and every visit is there."""
    start = start_on(original.copy_to(tmp_path))
    assert (check(start, original), start.aside, len(start.visits)) == (0, False, COUNT)
    assert start.keys == bytes(32)


@settings(max_examples=15)
@given(share=st.floats(0, 1))
def test_cut_anywhere(original: Original, share: float) -> None:
    """The part that is left is saved, to within a few pages."""
    with TemporaryDirectory() as folder:
        copy = original.copy_to(Path(folder))
        truncate(copy, share)
        lost = check(start_on(copy), original)
    saved = COUNT - SENT - lost
    # The first ones are at central, a fifth of all pages belongs to indexes, and pages in use may stand at the end.
    assert saved >= 0.8 * share * COUNT - SENT - 3 * ROWS_ON_A_PAGE


@settings(max_examples=15)
@given(share=st.floats(0, 1))
def test_a_log_that_is_cut_anywhere(original: Original, share: float) -> None:
    """What stands in the file is not touched by that."""
    with TemporaryDirectory() as folder:
        copy = original.copy_to(Path(folder))
        if not original.has_log:
            return
        truncate(copy.with_name("kiosk.db-wal"), share)
        start = start_on(copy)
        check(start, original)
    assert len(start.visits) >= COUNT // 2


@settings(max_examples=20)
@given(share=st.floats(0, 0.6), seed=st.integers(0, 1 << 32))
def test_noise_over_any_pages(original: Original, share: float, seed: int) -> None:
    """All other pages are saved: what leads to them is not needed."""
    with TemporaryDirectory() as folder:
        copy = original.copy_to(Path(folder))
        spoilt = spoil_pages(copy, share, seed)
        lost = check(start_on(copy), original)
    assert lost <= len(spoilt) * ROWS_ON_A_PAGE


@settings(max_examples=20)
@given(first=st.integers(0, 1 << 20), noise=st.binary(min_size=1, max_size=20_000))
def test_noise_anywhere_never_invents_a_visit(original: Original, first: int, noise: bytes) -> None:
    """Whole sectors and single bytes, in file or log: whatever starts, starts with ids that were written."""
    with TemporaryDirectory() as folder:
        copy = original.copy_to(Path(folder))
        file = copy.with_name("kiosk.db-wal") if original.has_log and first % 2 else copy
        with file.open("r+b") as stream:
            stream.seek(first % file.stat().st_size)
            stream.write(noise)
        with closing(Store(copy)) as store:
            Salvage(store, is_sound).run(60.0)
            found = SqliteJournal(store, TerminalClock()).unsent(100_000)
            aside = store.kept_aside is not None
    if aside:
        assert {visit.id for visit in found} <= set(original.visits)


def test_a_damaged_file_is_read_once_and_left_where_it_is(original: Original, tmp_path: Path) -> None:
    """A second start brings nothing over again, and the damaged bytes are those that were found."""
    copy = original.copy_to(tmp_path)
    spoil_pages(copy, 0.1, 3)
    damaged = copy.read_bytes()
    first = start_on(copy)
    [aside] = [file for file in tmp_path.glob("*.damaged-*") if not file.name.endswith(("-wal", "-shm"))]
    with closing(Store(copy)) as store, store.transaction() as connection:
        connection.execute("DELETE FROM visits")
    assert start_on(copy).visits == {}
    assert len(first.visits) > COUNT // 2
    assert aside.read_bytes() == damaged


def test_a_start_that_was_killed_while_it_saved_saves_with_the_next(original: Original, tmp_path: Path) -> None:
    """Rows and the note that the file was read come with one commit, or not at all."""
    copy = original.copy_to(tmp_path)
    spoil_pages(copy, 0.1, 3)
    Store(copy).close()  # begins anew, and dies
    start = start_on(copy)
    assert not start.aside
    assert len(start.visits) > COUNT // 2


def test_what_is_in_the_new_journal_stays_as_it_is(original: Original, tmp_path: Path, make_visit: MakeVisit) -> None:
    """A visit that is there already is not replaced by its older version."""
    copy = original.copy_to(tmp_path)
    spoil_pages(copy, 0.1, 3)
    known = next(visit for visit in original.visits.values() if visit.id not in original.acknowledged)
    newer = replace(known, passage=Passage.NOT_TAKEN)
    with closing(Store(copy)) as store:
        SqliteJournal(store, TerminalClock()).record(newer)
    assert start_on(copy).visits[known.id] == newer


def test_references_in_clear_are_sealed_when_they_come_over(tmp_path: Path, make_visit: MakeVisit) -> None:
    """A terminal that has its key by now leaves none of them in its new file."""
    somebody = VisitorReference(bytes(range(100, 116)))
    with closing(Store(tmp_path / "kiosk.db")) as store:
        for number in range(40):
            SqliteJournal(store, TerminalClock()).record(replace(make_visit(number), reference=somebody))
    spoil_pages(tmp_path / "kiosk.db", 0.1, 1)
    with closing(Store(tmp_path / "kiosk.db")) as store:
        journal = SqliteJournal(store, TerminalClock())
        journal.seal_to(KEY)
        assert Salvage(store, is_sound, brought_over=journal.seal_what_is_in_clear).run(60.0) > 0
        assert all(isinstance(visit.reference, SealedReference) for visit in journal.visits())
        assert somebody.value not in b"".join(file.read_bytes() for file in tmp_path.glob("kiosk.db*")
                                              if "damaged" not in file.name)  # fmt: skip


def test_columns_that_one_of_the_files_does_not_have(original: Original, tmp_path: Path) -> None:
    """Another version of the program wrote the damaged file: what both know comes over."""
    copy = original.copy_to(tmp_path)
    with closing(sqlite3.connect(copy)) as connection, connection:
        connection.execute("ALTER TABLE visits ADD COLUMN weather TEXT")
        connection.execute("UPDATE visits SET weather = 'fair'")
    aside = tmp_path / "kiosk.db.damaged-20210414T090000.000000Z"
    shutil.move(copy, aside)
    start = start_on(copy)
    assert check(start, original) == 0
    assert start.keys == bytes(32)


def test_a_kept_value_that_is_none_ends_nothing(original: Original, tmp_path: Path) -> None:
    """A spoilt table may hold what its schema forbids; the visits come over."""
    copy = original.copy_to(tmp_path)
    with closing(sqlite3.connect(copy)) as connection, connection:
        connection.execute("DROP TABLE kept")
        connection.execute("CREATE TABLE kept (name, value)")
        connection.execute("INSERT INTO kept VALUES ('a key', NULL), (NULL, 7)")
    shutil.move(copy, tmp_path / "kiosk.db.damaged-20210414T090000.000000Z")
    assert check(start_on(copy), original) == 0


def test_a_column_that_the_damaged_file_does_not_have_gets_its_default(original: Original, tmp_path: Path) -> None:
    """An older version of the program wrote it: its visits come over all the same."""
    copy = original.copy_to(tmp_path)
    shutil.move(copy, tmp_path / "kiosk.db.damaged-20210414T090000.000000Z")
    with closing(Store(copy)) as store:
        with store.transaction() as connection:
            connection.execute("ALTER TABLE visits ADD COLUMN weather TEXT NOT NULL DEFAULT 'fair'")
        assert Salvage(store, is_sound).run(60.0) > 0
        with store.reading() as connection:
            assert connection.execute("SELECT DISTINCT weather FROM visits").fetchall() == [("fair",)]


def test_a_row_that_the_journal_would_not_write_is_none(store: Store, make_visit: MakeVisit) -> None:
    """Each value is held against what would be written for it, letter by letter."""
    SqliteJournal(store, TerminalClock()).record(make_visit(1, passage=Passage.TAKEN))
    with store.reading() as connection:
        cursor = connection.execute("SELECT * FROM visits")
        row = dict(zip([column[0] for column in cursor.description], cursor.fetchone(), strict=True))
    assert is_sound(row)
    for name, value in (
        ("id", "018f0000-0000-7000-8000-00000000000"), ("id", None), ("id", 7), ("decided_at", "2021-04-26"),
        ("decided_at", "soon"), ("outcome", "granted "), ("reason", None), ("status", "pink"), ("known", 2),
        ("reference", "text"), ("as_of", None), ("passage", b"taken"), ("source", "x"), ("credential_kind", 3),
    ):  # fmt: skip
        assert not is_sound({**row, name: value}), (name, value)
