"""The admission rules as shipped, in one table; and what holds for every rule that anybody could write."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from config import AdmissionRules, shipped
from kiosk.core.admission import OUTCOME_OF, Outcome, Reason, decide
from kiosk.core.status import Source, Status, StatusAnswer, StatusRecord
from kiosk.core.venue import CategoryRule, Policy, Venue, Zone
from kiosk.mapping import policy_of

SHYMKENT = ZoneInfo("Asia/Almaty")
RULES = AdmissionRules.model_validate(yaml.safe_load(shipped("admission.yaml").read_text(encoding="utf-8")))
POLICY = policy_of(RULES)

# Who stands there: status, home area, whether staff has accepted a paper PCR certificate. The venue is in "abay".
PEOPLE: dict[str, tuple[Status | None, str | None, bool]] = {
    "green": (Status.GREEN, None, False),
    "blue": (Status.BLUE, None, False),
    "blue+test": (Status.BLUE, None, True),
    "yellow near": (Status.YELLOW, "abay", False),
    "yellow next": (Status.YELLOW, "next-door", False),
    "yellow far": (Status.YELLOW, "far-away", False),
    "yellow ?": (Status.YELLOW, None, False),
    "red": (Status.RED, "abay", False),
    "red+test": (Status.RED, "abay", True),
    "unknown": (None, None, False),
}
WORDS = {
    "yes": Reason.ADMITTED,
    "near": Reason.NEAR_HOME,
    "proof": Reason.PROOF_ACCEPTED,
    "PCR?": Reason.PCR_COMPULSORY,
    "no": Reason.STATUS_NOT_ADMITTED,
    "far": Reason.NOT_NEAR_HOME,
    "home?": Reason.HOME_AREA_UNKNOWN,
    "early": Reason.NOT_STARTED,
    "zone": Reason.ZONE_NOT_ALLOWED,
    "who?": Reason.VISITOR_UNKNOWN,
}

# fmt: off
TABLE = """
categories                                            zone    day         green  blue   blue+test  yellow near  yellow next  yellow far  yellow ?  red    red+test  unknown
fitness_club yoga_centre spa_centre swimming_pool     any     2021-04-01  yes    yes    yes        no           no           no          no        no     no        who?
computer_club bowling_club                            any     2021-04-01  yes    yes    yes        no           no           no          no        no     no        who?
cinema theatre philharmonic_hall catering             any     2021-04-13  early  early  early      early        early        early       early     early  early     early
cinema theatre philharmonic_hall catering             any     2021-04-14  yes    yes    yes        no           no           no          no        no     no        who?
voluntary_participant                                 any     2021-04-13  early  early  early      early        early        early       early     early  early     early
voluntary_participant                                 any     2021-04-14  yes    yes    yes        no           no           no          no        no     no        who?
interregional_transport city_tourist_transport        any     2021-04-20  early  early  early      early        early        early       early     early  early     early
interregional_transport city_tourist_transport        any     2021-04-21  yes    PCR?   proof      no           no           no          no        no     no        who?
billiard_club concert_hall                            any     2021-04-20  early  early  early      early        early        early       early     early  early     early
billiard_club concert_hall                            any     2021-04-21  yes    yes    yes        no           no           no          no        no     no        who?
karaoke banquet_hall                                  any     2021-05-04  early  early  early      early        early        early       early     early  early     early
karaoke banquet_hall                                  green   2021-05-05  yes    yes    yes        no           no           no          no        no     no        who?
karaoke banquet_hall                                  yellow  2021-05-05  zone   zone   zone       zone         zone         zone        zone      zone   zone      zone
karaoke banquet_hall                                  red     2021-05-05  zone   zone   zone       zone         zone         zone        zone      zone   zone      zone
grocery pharmacy                                      any     2021-04-01  yes    yes    yes        near         near         far         home?     no     no        who?
""".strip().splitlines()  # noqa: E501  # a table is read by its columns
# fmt: on


def columns(line: str) -> list[str]:
    """The cells of one line; two blanks part them."""
    return [cell.strip() for cell in line.split("  ") if cell.strip()]


HEADER = columns(TABLE[0])
CASES = [
    pytest.param(category, zone, date.fromisoformat(day), dict(zip(HEADER[3:], answers, strict=True)),
                 id=f"{category}-{zone}-{day}")
    for line in TABLE[1:]
    for categories, zone_name, day, *answers in [columns(line)]
    for category in categories.split()
    for zone in (Zone if zone_name == "any" else [Zone(zone_name)])
]  # fmt: skip


def answer(status: Status | None, home_area: str | None) -> StatusAnswer:
    """What central said a moment ago."""
    now = datetime(2021, 4, 1, tzinfo=UTC)
    record = None if status is None else StatusRecord(status, now, None, home_area)
    return StatusAnswer(record, Source.ONLINE, now)


@pytest.mark.parametrize(("category", "zone", "day", "expected"), CASES)
def test_the_table(category: str, zone: Zone, day: date, expected: dict[str, str]) -> None:
    """Every kind of visitor at this venue, from the first minute of the day to the last, as the table says."""
    venue = Venue(category, "abay", zone, frozenset({"next-door"}))
    for moment in (time(0, 0), time(23, 59, 59)):
        now = datetime.combine(day, moment, SHYMKENT)
        reasons = {
            person: decide(answer(status, home), venue, POLICY, now, proof_accepted=proof).reason
            for person, (status, home, proof) in PEOPLE.items()
        }
        assert reasons == {person: WORDS[word] for person, word in expected.items()}


def test_the_table_has_every_category_and_every_kind_of_visitor() -> None:
    """A category that is added to the rules is added to the table."""
    assert {case.values[0] for case in CASES} == set(POLICY.rules)
    assert set(HEADER[3:]) == set(PEOPLE)


def test_a_category_without_rules_admits_nobody() -> None:
    """Also not a green visitor."""
    venue = Venue("circus", "abay", Zone.GREEN)
    decision = decide(answer(Status.GREEN, "abay"), venue, POLICY, datetime(2022, 1, 1, tzinfo=SHYMKENT))
    assert (decision.outcome, decision.reason) == (Outcome.DENIED, Reason.CATEGORY_UNKNOWN)


def test_a_start_date_is_a_date_at_the_venue() -> None:
    """At 18:00 UTC it is the next day in Shymkent, by the clock of 2021."""
    venue = Venue("cinema", "abay", Zone.GREEN)
    before = datetime(2021, 4, 13, 17, 59, 59, tzinfo=UTC).astimezone(SHYMKENT)
    after = before + timedelta(seconds=1)
    reasons = [decide(answer(Status.GREEN, None), venue, POLICY, now).reason for now in (before, after)]
    assert reasons == [Reason.NOT_STARTED, Reason.ADMITTED]


STATUSES = st.sampled_from(Status)
RULE = st.builds(
    CategoryRule,
    admits=st.frozensets(STATUSES),
    near_home=st.frozensets(STATUSES),
    pcr_compulsory=st.booleans(),
    zones=st.frozensets(st.sampled_from(Zone)),
    starts=st.none() | st.dates(date(2021, 1, 1), date(2021, 12, 31)),
)
ANSWERS = st.builds(answer, st.none() | STATUSES, st.sampled_from([None, "abay", "next-door", "far-away"]))
MOMENTS = st.datetimes(datetime(2021, 1, 1), datetime(2021, 12, 31), timezones=st.just(SHYMKENT))  # noqa: DTZ001  # made aware


@given(rule=RULE, zone=st.sampled_from(Zone), given_answer=ANSWERS, now=MOMENTS, proof=st.booleans())
def test_whatever_the_rules_say(
    rule: CategoryRule, zone: Zone, given_answer: StatusAnswer, now: datetime, proof: bool
) -> None:
    """Granted only with an admitted status, in an allowed zone, from the start date on; the answer is always kept."""
    venue = Venue("place", "abay", zone, frozenset({"next-door"}))
    decision = decide(given_answer, venue, Policy({"place": rule}), now, proof_accepted=proof)
    assert decision.outcome is OUTCOME_OF[decision.reason]
    assert decision.answer is given_answer
    record = given_answer.record
    if decision.outcome is not Outcome.DENIED:
        assert record is not None
        assert record.status in rule.admits
        assert zone in rule.zones
        assert rule.starts is None or now.date() >= rule.starts
    if decision.outcome is Outcome.GRANTED and record is not None and record.status in rule.near_home:
        assert record.home_area in {"abay", "next-door"}
    if decision.outcome is Outcome.PROOF_NEEDED:
        assert rule.pcr_compulsory
        assert not proof


def test_every_reason_has_one_outcome() -> None:
    """Also one that is added later."""
    assert set(OUTCOME_OF) == set(Reason)
