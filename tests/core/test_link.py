"""Hysteresis of the link to central: quick to spare visitors a dead network, slow to believe in a live one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.link import Link, LinkRules, heard, probe_pause_s

RULES = LinkRules()


def after(*calls: tuple[bool, bool], link: Link = Link(), step_s: float = 1.0) -> Link:  # noqa: B008  # frozen
    """The link after these calls (answered, visitor), a step apart."""
    at = link.changed_at
    for answered, visitor in calls:
        at += step_s
        link = heard(link, at, RULES, answered=answered, visitor=visitor)
    return link


GOOD, BAD = (True, False), (False, False)
VISITOR_FAILED = (False, True)
ONLINE = after(GOOD)
OFFLINE = after(GOOD, VISITOR_FAILED)


@pytest.mark.parametrize(
    ("start", "calls", "online"),
    [
        (Link(), (GOOD,), True),
        (Link(), (BAD,), False),
        (ONLINE, (BAD,), True),
        (ONLINE, (BAD, GOOD, BAD), True),
        (ONLINE, (BAD, BAD), False),
        (ONLINE, (VISITOR_FAILED,), False),
        (OFFLINE, (GOOD,), False),
        (OFFLINE, (GOOD, BAD, GOOD), False),
        (OFFLINE, (GOOD, GOOD), True),
    ],
)
def test_what_moves_it(start: Link, calls: tuple[tuple[bool, bool], ...], online: bool) -> None:
    """One visitor who waited in vain is enough; one lonely probe is not, in neither direction."""
    assert after(*calls, link=start).online is online


def test_each_lapse_asks_for_more() -> None:
    """A link that comes and goes is believed less each time, up to a limit; one that has held is forgiven."""
    link, needed = ONLINE, []
    for _ in range(7):
        link = after(VISITOR_FAILED, link=link)
        count = 0
        while not link.online:
            link = after(GOOD, link=link)
            count += 1
        needed.append(count)
    assert needed == [2, 4, 6, 8, 10, 10, 10]
    calm = after(GOOD, link=link, step_s=RULES.calm_s)
    assert after(VISITOR_FAILED, GOOD, GOOD, link=calm).online is True


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=200), st.floats(0.1, 60))
def test_it_never_flaps(calls: list[tuple[bool, bool]], step_s: float) -> None:
    """It comes online on an answer only and goes offline on a failure only; between two losses lie two answers."""
    link, at, answers = Link(), 0.0, 0
    for answered, visitor in calls:
        at += step_s
        before, link = link, heard(link, at, RULES, answered=answered, visitor=visitor)
        answers = answers + 1 if answered else 0
        if link.online is not before.online:
            assert link.online is answered
            assert link.changed_at == at
            if before.online is False:
                assert answers >= RULES.online_after
        assert link.recovering == (link.online is False and answered)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=50))
def test_it_recovers_from_everything(calls: list[tuple[bool, bool]]) -> None:
    """Whatever was: enough answers in a row bring it back, enough failures take it away."""
    link = after(*calls)
    assert after(*[GOOD] * RULES.most_online_after, link=link).online is True
    assert after(*[BAD] * RULES.offline_after, link=link).online is False


def test_probes_come_soon_in_doubt_and_seldom_otherwise() -> None:
    """At once at the start, each second while it is not clear, then less and less often, and never not at all."""
    assert probe_pause_s(Link(), RULES) == 0
    assert probe_pause_s(ONLINE, RULES) == RULES.probe_s
    assert probe_pause_s(after(BAD, link=ONLINE), RULES) == RULES.doubt_s
    assert probe_pause_s(after(GOOD, link=OFFLINE), RULES) == RULES.doubt_s
    pauses = [probe_pause_s(after(*[BAD] * count, link=ONLINE), RULES) for count in range(2, 9)]
    assert pauses == [2, 4, 8, 15, 15, 15, 15]
    assert probe_pause_s(after(*[BAD] * 5_000, link=ONLINE), RULES) == RULES.probe_s
