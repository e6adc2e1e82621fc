"""Visits that were taken before the time was known: they wait for it, and hold up no others."""

from dataclasses import replace

from kiosk.adapters.central_errors import (
    CentralFailed,
    CentralUnreachable,
)
from kiosk.core.visit import VisitTime
from tests.services.syncing import HOUR_S, Syncing


def test_undated_visits_wait_for_centrals_time(syncing: Syncing) -> None:
    """Central's first answer sets the clock; then they go up with their right time, and each once."""
    syncing.clock.trusted = False
    syncing.journal.record(replace(syncing.make_visit(1), monotonic_s=90.0))
    assert syncing.journal.undated_count() == 1

    def fetch_keys(_: float) -> bytes:
        syncing.clock.trusted = True
        return b"keys"

    syncing.central.fetch_keys = fetch_keys
    syncing.run()
    [sent] = syncing.journal.visits()
    assert (sent.time, sent.decided_at) == (VisitTime.CORRECTED, syncing.clock.time_at(90.0))
    assert syncing.journal.counts().acknowledged == 1


def test_undated_visits_go_as_they_are_where_no_time_is_to_be_had(syncing: Syncing) -> None:
    """Central is there and its time can't be used: the visit is not kept back for ever, and says what it is worth."""
    syncing.clock.trusted = False
    syncing.journal.record(replace(syncing.make_visit(1), monotonic_s=90.0))
    syncing.run()
    assert syncing.journal.undated_count() == 1  # one answer may have been too slow to tell the time
    syncing.run_for(120)
    [sent] = syncing.journal.visits()
    assert (sent.time, sent.decided_at) == (VisitTime.GUESSED, syncing.make_visit(1).decided_at)
    syncing.clock.trusted = True
    syncing.run_for(60)
    assert syncing.journal.visits() == [sent]
    assert syncing.journal.counts().acknowledged == 1


def test_undated_visits_hold_up_no_others(syncing: Syncing) -> None:
    """The call that would bring the time fails, and the one that takes visits does not."""
    syncing.clock.trusted = False
    syncing.central.keys = CentralFailed("500")
    syncing.journal.record(replace(syncing.make_visit(1), monotonic_s=90.0))
    ids = syncing.record(3, first=10)
    syncing.run_for(600)
    assert [visit_id for batch in syncing.central.batches for visit_id in batch] == ids
    assert syncing.journal.undated_count() == 1


def test_nothing_is_purged_by_a_clock_that_nobody_trusts(syncing: Syncing) -> None:
    """It would be no loss, and still not what the technician has set."""
    syncing.record(1)
    syncing.run()
    syncing.clock.trusted = False
    syncing.run_for(30 * 24 * HOUR_S)
    assert syncing.journal.counts().acknowledged == 1
    syncing.clock.trusted = True
    syncing.run_for(2 * HOUR_S)
    assert syncing.journal.counts().acknowledged == 0


def test_undated_visits_wait_while_central_is_away(syncing: Syncing) -> None:
    """Their time may still become known."""
    syncing.clock.trusted = False
    syncing.central.keys = CentralUnreachable("refused")
    syncing.journal.record(replace(syncing.make_visit(1), monotonic_s=90.0))
    syncing.run_for(600)
    assert (syncing.journal.undated_count(), syncing.central.batches) == (1, [])
