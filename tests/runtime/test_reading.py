"""From a code to an event: what a pass is judged by."""

from datetime import UTC, datetime, timedelta

from kiosk.core.credential import PassClaims, PassProblem, SignedPass, VisitorReference
from kiosk.core.events import CredentialUnverifiable
from kiosk.core.views import Unchecked
from kiosk.facts import CodeSeen
from kiosk.reading import PassRules, present

GUESS = datetime(2026, 11, 2, tzinfo=UTC)
TRUE = GUESS + timedelta(days=200)


class WakingClock:
    """Becomes trusted just after its guess has been read: central's answer came in at that very moment."""

    def __init__(self) -> None:
        self.trusted = False

    def monotonic(self) -> float:
        return 50.0

    def now(self) -> datetime:
        told = TRUE if self.trusted else GUESS
        self.trusted = True
        return told

    def is_trusted(self) -> bool:
        return self.trusted


class Passes:
    """One pass, which was valid at the time that is guessed, and is no more."""

    def verify(self, _: SignedPass) -> PassClaims | PassProblem:
        return PassClaims(VisitorReference(bytes(16)), GUESS, GUESS + timedelta(days=1), None, "k")


def test_a_guess_that_was_read_just_before_the_time_was_known_judges_nothing() -> None:
    """Whether the clock is trusted is asked before the time, so that no guess passes for a time."""
    seen = CodeSeen(b"ASHYQ1:X", True, "zxing", 50.0)
    event, _ = present(seen, "scan", Passes(), WakingClock(), PassRules())
    assert event == CredentialUnverifiable("scan", Unchecked.CLOCK_NOT_TRUSTED, 50.0)
