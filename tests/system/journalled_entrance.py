"""An entrance with a real journal, told step by step: what it does while its disk is in trouble, and afterwards."""

import json
from contextlib import closing
from pathlib import Path

from kiosk.adapters.clock import TerminalClock
from kiosk.adapters.issuing import new_reference
from kiosk.adapters.journal import SqliteJournal
from kiosk.adapters.journal_rows import is_sound
from kiosk.adapters.salvage import Salvage
from kiosk.adapters.store import Store
from kiosk.adapters.visit_ids import new_visit_id
from kiosk.core.credential import format_reference
from kiosk.core.status import Status
from kiosk.facts import CodeGone, ExitPressed
from kiosk.sealing import new_private_key, private_key_of, public_jwk, public_key_of
from tests.runtime.conftest import Entrance

KEY = public_key_of(json.dumps(public_jwk(private_key_of(new_private_key()))))
PROBE_S = 2.1


def open_journal(path: Path) -> tuple[Store, SqliteJournal, Salvage]:
    """As a start of the program does it."""
    store = Store(path)
    journal = SqliteJournal(store, TerminalClock())
    salvage = Salvage(store, is_sound, brought_over=journal.seal_what_is_in_clear)
    salvage.run(10.0)
    journal.seal_to(KEY)
    journal.settle_leftovers()
    return store, journal, salvage


class JournalledEntrance(Entrance):
    """`admitted`: ids of visits that the door was opened for, which are promises."""

    def __init__(self, path: Path) -> None:
        self.store, self.real_journal, self.salvage = open_journal(path)
        self.admitted: list[str] = []
        self._last_id = ""
        super().__init__(self.real_journal)

    def new_id(self) -> str:
        self._last_id = new_visit_id()
        return self._last_id

    def visitor(self) -> bool:
        """A green visitor comes, and goes; whether the door was opened."""
        asked = len(self.checker.asked)
        done = self.shows(format_reference(new_reference()).encode("ascii"))
        if len(self.checker.asked) > asked:
            done += self.central_says(Status.GREEN)
        opened = any(line.startswith("release") for line in done)
        if opened:
            self.admitted.append(self._last_id)
        self.happens(CodeGone())
        self.wait(6.0)  # the door is not used, and locks again
        return opened

    def wait(self, seconds: float) -> list[str]:
        """Time passes; what the devices were told."""
        return self.happens(after_s=seconds)

    def visitors_until_refused(self, most: int) -> int:
        """How many are still let in."""
        for count in range(most):
            if not self.visitor():
                return count
        raise AssertionError(f"{most} visitors, and nothing was wrong")

    def is_out_of_order(self) -> bool:
        """Nobody is let in or even checked, and whoever wants to leave can."""
        asked = len(self.checker.asked)
        refused = not any(self.visitor() for _ in range(3)) and len(self.checker.asked) == asked
        leaves = "release 5" in self.happens(ExitPressed())
        self.wait(6.0)
        return refused and leaves

    def goes_on(self) -> bool:
        """By itself, within the time of a probe."""
        return "show Idle" in self.wait(PROBE_S) + self.wait(PROBE_S) and self.visitor()


def kept(path: Path) -> set[str]:
    """The visits that a new start finds."""
    store, journal, _ = open_journal(path)
    with closing(store):
        assert store.examine() is None
        return {visit.id for visit in journal.visits()}
