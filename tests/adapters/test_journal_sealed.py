"""The journal with a sealing key: nothing in its files says who was here, and nothing else is lost by that."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from kiosk.adapters.clock import TerminalClock
from kiosk.adapters.issuing import new_key, public_key_set
from kiosk.adapters.journal import SqliteJournal
from kiosk.adapters.store import Store
from kiosk.core.admission import Reason, because
from kiosk.core.credential import VisitorReference, format_reference
from kiosk.core.ports import JournalError
from kiosk.core.visit import Passage, SealedReference, Visit
from kiosk.on_board import take_keys
from kiosk.sealing import new_private_key, private_key_of, public_jwk, public_key_of, unseal

MakeVisit = Callable[..., Visit]

PRIVATE = private_key_of(new_private_key())
PUBLIC = public_key_of(json.dumps(public_jwk(PRIVATE)))
SOMEBODY = VisitorReference(bytes(range(100, 116)))
HOME = b"shymkent/abay"


def on_disk(folder: Path) -> bytes:
    """Everything that the journal's files hold, the write-ahead log included."""
    return b"".join(file.read_bytes() for file in folder.iterdir())


def names_somebody(content: bytes) -> bool:
    printed = format_reference(SOMEBODY).encode("ascii")
    return SOMEBODY.value in content or printed in content or printed[6:] in content or HOME in content


def test_what_is_written_is_sealed(store: Store, make_visit: MakeVisit, tmp_path: Path) -> None:
    """No reference and no home area in any file; central opens what comes back; all else is as it was."""
    journal = SqliteJournal(store, TerminalClock())
    journal.seal_to(PUBLIC)
    visit = replace(make_visit(1), reference=SOMEBODY)
    journal.record(visit)
    journal.settle(visit.id, Passage.TAKEN)
    assert not names_somebody(on_disk(tmp_path))
    [back] = journal.unsent(10)
    assert isinstance(back.reference, SealedReference)
    assert unseal(PRIVATE, visit.id, back.reference.box) == format_reference(SOMEBODY)
    assert (back.id, back.decided_at, back.decision.outcome) == (visit.id, visit.decided_at, visit.decision.outcome)
    assert "abay" not in repr(back.reference)


def test_a_journal_that_must_seal_keeps_nobody_in_clear(store: Store, make_visit: MakeVisit, tmp_path: Path) -> None:
    """Before the key is known it fails, saying the way out, and recovers by itself; who is nobody can be kept."""
    journal = SqliteJournal(store, TerminalClock(), must_seal=True)
    visit = replace(make_visit(1), reference=SOMEBODY)
    for attempt in (journal.probe, lambda: journal.record(visit)):
        with pytest.raises(JournalError, match=r"set storage\.sealing_key_file"):
            attempt()
    assert not names_somebody(on_disk(tmp_path))
    journal.record(replace(make_visit(2, decision=because(Reason.PASS_FORGED)), reference=None))
    journal.seal_to(PUBLIC)
    journal.probe()
    journal.record(visit)
    assert not names_somebody(on_disk(tmp_path))


def test_what_was_written_before_the_key_came_is_sealed_then(
    store: Store, make_visit: MakeVisit, tmp_path: Path
) -> None:
    """A terminal that has never reached central journals in clear, and seals it all once the key is there."""
    journal = SqliteJournal(store, TerminalClock())
    visits = [replace(make_visit(number), reference=SOMEBODY) for number in range(1, 6)]
    for visit in visits:
        journal.record(visit)
        journal.settle(visit.id, Passage.TAKEN)
    assert names_somebody(on_disk(tmp_path))
    assert journal.seal_to(PUBLIC) == 5
    assert not names_somebody(on_disk(tmp_path))
    assert journal.seal_to(PUBLIC) == 0
    opened = [
        unseal(PRIVATE, visit.id, visit.reference.box)
        for visit in journal.unsent(10)
        if isinstance(visit.reference, SealedReference)
    ]
    assert opened == [format_reference(SOMEBODY)] * 5


def test_what_was_purged_is_gone_from_the_file(store: Store, make_visit: MakeVisit, tmp_path: Path) -> None:
    """Dropped rows are overwritten, not only forgotten."""
    journal = SqliteJournal(store, TerminalClock())
    visit = replace(make_visit(1), reference=SOMEBODY)
    journal.record(visit)
    journal.settle(visit.id, Passage.TAKEN)
    journal.acknowledge([visit.id])
    assert journal.purge(visit.decided_at + timedelta(days=36_500)) == 1
    store.forget_what_was_overwritten()
    assert not names_somebody(on_disk(tmp_path))


def test_a_visit_without_a_reference_has_nothing_to_seal(store: Store, make_visit: MakeVisit) -> None:
    """A forged pass names nobody."""
    journal = SqliteJournal(store, TerminalClock())
    journal.seal_to(PUBLIC)
    visit = replace(make_visit(1), reference=None)
    journal.record(visit)
    assert journal.visits()[0].reference is None


class NoPasses:
    def replace_keys(self, jwks: bytes) -> None:
        """Taken."""


def test_a_sealing_key_is_used_even_where_it_can_not_be_kept(store: Store, make_visit: MakeVisit) -> None:
    """A damaged file that is not mended yet must not keep the journal from sealing once it is."""
    keys = json.loads(public_key_set([new_key("k1")]))
    jwks = json.dumps({**keys, "sealing_key": public_jwk(PRIVATE)}).encode("ascii")
    journal = SqliteJournal(store, TerminalClock(), must_seal=True)
    store.path.unlink()
    with pytest.raises(OSError, match="removed or replaced"):
        take_keys(NoPasses(), store, journal, jwks)  # type: ignore[arg-type]
    journal.probe()
    journal.record(replace(make_visit(1), reference=SOMEBODY))
    assert isinstance(journal.visits()[0].reference, SealedReference)
    take_keys(NoPasses(), store, journal, jwks)  # type: ignore[arg-type]
    assert store.kept("pass-keys") == jwks
