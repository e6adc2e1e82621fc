"""From a code to what the session is told: whose credential, why it is refused, or what it is instead."""

from dataclasses import dataclass, replace
from datetime import timedelta

from kiosk.core.admission import Reason
from kiosk.core.credential import (
    CredentialKind,
    ForeignKind,
    NotACredential,
    PassClaims,
    PassProblem,
    PassTime,
    SignedPass,
    VisitorReference,
    parse_credential,
    pass_time,
)
from kiosk.core.events import (
    CredentialPresented,
    CredentialRefused,
    CredentialUnverifiable,
    ForeignCodePresented,
    Presented,
)
from kiosk.core.ports import Clock, PassVerifier
from kiosk.core.views import Unchecked
from kiosk.facts import CodeSeen


@dataclass(frozen=True, slots=True)
class PassRules:
    """clock_skew: how far a pass's validity is widened at each end.

    by_untrusted_clock: judge it by the clock also while nobody knows whether that is right; otherwise staff is asked.
    """

    clock_skew: timedelta = timedelta(0)
    by_untrusted_clock: bool = False


def present(
    seen: CodeSeen, scan_id: str, passes: PassVerifier, clock: Clock, rules: PassRules
) -> tuple[Presented, str]:
    """The event that a code stands for, and a word for the log that says what was read. Total: never raises."""
    event, read = _judge(seen, scan_id, passes, clock, rules)
    return (event if seen.in_view else replace(event, in_view=False)), read


def _judge(seen: CodeSeen, scan_id: str, passes: PassVerifier, clock: Clock, rules: PassRules) -> tuple[Presented, str]:
    at = clock.monotonic()
    found = parse_credential(seen.payload, is_qr=seen.is_qr)
    match found:
        case VisitorReference():
            kind = CredentialKind.REFERENCE
            return CredentialPresented(scan_id, found, kind, None, at), kind.value
        case SignedPass():
            return _from_pass(found, scan_id, passes, clock, rules)
        case NotACredential(kind=foreign):
            return ForeignCodePresented(scan_id, foreign, at), foreign.value


def _from_pass(
    signed_pass: SignedPass, scan_id: str, passes: PassVerifier, clock: Clock, rules: PassRules
) -> tuple[Presented, str]:
    read = CredentialKind.PASS.value
    claims = passes.verify(signed_pass)
    # Whether it is trusted comes first: a time that was read after that is no guess.
    may_judge = clock.is_trusted() or rules.by_untrusted_clock
    at, now = clock.monotonic(), clock.now()
    match claims:
        case PassProblem.DAMAGED:
            return ForeignCodePresented(scan_id, ForeignKind.DAMAGED, at), ForeignKind.DAMAGED.value
        case PassProblem.KEY_UNKNOWN:
            return CredentialUnverifiable(scan_id, Unchecked.PASS_KEY_UNKNOWN, at), read
        case PassProblem.FORGED:
            return CredentialRefused(scan_id, Reason.PASS_FORGED, None, None, at, now), read
        case PassClaims() if not may_judge:
            return CredentialUnverifiable(scan_id, Unchecked.CLOCK_NOT_TRUSTED, at), read
        case PassClaims(reference=reference, language=language):
            match pass_time(claims, now, rules.clock_skew):
                case PassTime.VALID:
                    return CredentialPresented(scan_id, reference, CredentialKind.PASS, language, at), read
                case PassTime.EXPIRED:
                    return CredentialRefused(scan_id, Reason.PASS_EXPIRED, reference, language, at, now), read
                case PassTime.NOT_YET_VALID:
                    return CredentialRefused(scan_id, Reason.PASS_NOT_YET_VALID, reference, language, at, now), read
