"""The admission rules: from a status answer to exactly one decision with exactly one reason."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kiosk.core.status import Status, StatusAnswer
from kiosk.core.venue import Policy, Venue


class Outcome(StrEnum):
    """What the terminal does with the visitor."""

    GRANTED = "granted"
    DENIED = "denied"
    PROOF_NEEDED = "proof_needed"


class Reason(StrEnum):
    """Why; every reason belongs to one outcome (see OUTCOME_OF)."""

    ADMITTED = "admitted"
    NEAR_HOME = "near_home"
    PROOF_ACCEPTED = "proof_accepted"
    PCR_COMPULSORY = "pcr_compulsory"
    STATUS_NOT_ADMITTED = "status_not_admitted"
    NOT_NEAR_HOME = "not_near_home"
    HOME_AREA_UNKNOWN = "home_area_unknown"
    NOT_STARTED = "not_started"
    ZONE_NOT_ALLOWED = "zone_not_allowed"
    CATEGORY_UNKNOWN = "category_unknown"
    VISITOR_UNKNOWN = "visitor_unknown"
    PASS_EXPIRED = "pass_expired"
    PASS_NOT_YET_VALID = "pass_not_yet_valid"
    PASS_FORGED = "pass_forged"


OUTCOME_OF: dict[Reason, Outcome] = {
    Reason.ADMITTED: Outcome.GRANTED,
    Reason.NEAR_HOME: Outcome.GRANTED,
    Reason.PROOF_ACCEPTED: Outcome.GRANTED,
    Reason.PCR_COMPULSORY: Outcome.PROOF_NEEDED,
    Reason.STATUS_NOT_ADMITTED: Outcome.DENIED,
    Reason.NOT_NEAR_HOME: Outcome.DENIED,
    Reason.HOME_AREA_UNKNOWN: Outcome.DENIED,
    Reason.NOT_STARTED: Outcome.DENIED,
    Reason.ZONE_NOT_ALLOWED: Outcome.DENIED,
    Reason.CATEGORY_UNKNOWN: Outcome.DENIED,
    Reason.VISITOR_UNKNOWN: Outcome.DENIED,
    Reason.PASS_EXPIRED: Outcome.DENIED,
    Reason.PASS_NOT_YET_VALID: Outcome.DENIED,
    Reason.PASS_FORGED: Outcome.DENIED,
}


@dataclass(frozen=True, slots=True)
class Decision:
    """One outcome, one reason, and the answer that it rests on (None where the pass itself was refused)."""

    outcome: Outcome
    reason: Reason
    answer: StatusAnswer | None = None


def because(reason: Reason, answer: StatusAnswer | None = None) -> Decision:
    """The decision that this reason stands for."""
    return Decision(OUTCOME_OF[reason], reason, answer)


def decide(
    answer: StatusAnswer, venue: Venue, policy: Policy, now: datetime, *, proof_accepted: bool = False
) -> Decision:
    """Decide one visitor. `now` is aware and in the venue's own time zone, since a start date is a local date.

    `proof_accepted`: staff has accepted a paper PCR certificate; it helps a blue visitor and nobody else.
    """
    return because(_reason(answer, venue, policy, now, proof_accepted=proof_accepted), answer)


def _reason(answer: StatusAnswer, venue: Venue, policy: Policy, now: datetime, *, proof_accepted: bool) -> Reason:
    rule = policy.rules.get(venue.category)
    # The venue's own limits come first: they say nothing about the person.
    if rule is None:
        return Reason.CATEGORY_UNKNOWN
    if rule.starts is not None and now.date() < rule.starts:
        return Reason.NOT_STARTED
    if venue.zone not in rule.zones:
        return Reason.ZONE_NOT_ALLOWED
    record = answer.record
    if record is None:
        return Reason.VISITOR_UNKNOWN
    if record.status not in rule.admits:
        return Reason.STATUS_NOT_ADMITTED
    if record.status in rule.near_home:
        if record.home_area is None:
            return Reason.HOME_AREA_UNKNOWN
        return Reason.NEAR_HOME if venue.is_near(record.home_area) else Reason.NOT_NEAR_HOME
    if record.status is Status.BLUE and rule.pcr_compulsory:
        return Reason.PROOF_ACCEPTED if proof_accepted else Reason.PCR_COMPULSORY
    return Reason.ADMITTED
