"""The statuses' sync: page after page, patient with a central that fails, harmless to the copy in use."""

from dataclasses import dataclass, field

import pytest

from kiosk.adapters.central_errors import CentralBusy, CentralGone, CentralNonsense, CentralTimeout
from kiosk.services.statuses import StatusesSync
from tests.services.conftest import FakeClock


@dataclass
class FakePages:
    """Each call gives what the test has laid out, and the last thing again and again."""

    results: list[bytes | Exception]
    asked: list[tuple[str | None, int | None]] = field(default_factory=list)

    def fetch_statuses(self, since: str | None, shard: int | None, budget_s: float) -> bytes:
        assert budget_s > 0
        self.asked.append((since, shard))
        result = self.results.pop(0) if len(self.results) > 1 else self.results[0]
        if isinstance(result, Exception):
            raise result
        return result


@dataclass
class FakeCopy:
    """Takes pages; `more` says what each take answers."""

    more: list[bool | Exception] = field(default_factory=lambda: [False])
    cursor: str | None = "c0"
    shard: int | None = None
    taken: list[bytes] = field(default_factory=list)
    done: list[str] = field(default_factory=list)

    def wanted(self) -> tuple[str | None, int | None]:
        return self.cursor, self.shard

    def take(self, page: bytes) -> bool:
        result = self.more.pop(0) if len(self.more) > 1 else self.more[0]
        if isinstance(result, Exception):
            raise result
        self.taken.append(page)
        return result

    def start_over(self) -> None:
        self.done.append("start over")

    def verify(self) -> int:
        self.done.append("verify")
        return 0

    def fold(self) -> bool:
        self.done.append("fold")
        return False


@dataclass
class Desk:
    """A sync between fakes."""

    sync: StatusesSync
    pages: FakePages
    copy: FakeCopy
    clock: FakeClock
    online: list[bool]


def desk(*results: bytes | Exception, copy: FakeCopy | None = None) -> Desk:
    pages, taking, clock, online = FakePages(list(results)), copy or FakeCopy(), FakeClock(), list[bool]()
    sync = StatusesSync(pages, taking, clock, interval_s=900, on_online=online.append, jitter=lambda: 0.5)
    return Desk(sync, pages, taking, clock, online)


def test_pages_follow_each_other_without_a_pause() -> None:
    """While there is more, the next page is fetched at once; then there is time until the next look."""
    at = desk(b"1", b"2", copy=FakeCopy(more=[True, False]))
    assert at.sync.run_once() < 0.1
    assert at.sync.run_once() == 900
    assert at.copy.taken == [b"1", b"2"]
    assert at.online == [True, True]


def test_the_copys_own_cursor_and_shard_are_asked_for() -> None:
    """The sync has no memory of its own: what is on the card decides."""
    at = desk(b"1", copy=FakeCopy(cursor="s.p.1.2", shard=7))
    at.sync.run_once()
    assert at.pages.asked == [("s.p.1.2", 7)]


def test_failures_wait_longer_and_longer() -> None:
    """Up to five minutes; a success ends it."""
    at = desk(*[CentralTimeout("x")] * 12, b"1")
    pauses = [at.sync.run_once() for _ in range(12)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (3.0, 225.0)
    assert at.sync.run_once() == 900
    assert at.online == [False] * 12 + [True]
    assert at.copy.done.count("start over") == 0


@pytest.mark.parametrize(("asked_s", "pause_s"), [(600.0, 600.0), (1e9, 3600.0), (0.1, 3.0)])
def test_patience_that_central_asks_for(asked_s: float, pause_s: float) -> None:
    """Kept, within an hour."""
    assert desk(CentralBusy("later", asked_s)).sync.run_once() == pause_s


@pytest.mark.parametrize("trouble", [ValueError("bad page"), OSError(28, "full"), RuntimeError("defect")])
def test_a_page_that_cannot_be_taken_is_fetched_again(trouble: Exception) -> None:
    """A damaged page, a full card, a defect: the thread lives, and tries later."""
    at = desk(b"1", copy=FakeCopy(more=[trouble, False]))
    assert at.sync.run_once() == 3.0
    assert at.sync.run_once() == 900
    assert at.copy.taken == [b"1"]


def test_a_cursor_that_is_gone_starts_over_without_haste() -> None:
    """A central that answers 410 each time is not hammered."""
    at = desk(CentralGone("gone"))
    pauses = [at.sync.run_once() for _ in range(3)]
    assert at.copy.done == ["start over"] * 3
    assert pauses == [3.0, 6.0, 12.0]


def test_nonsense_is_no_reason_to_start_over() -> None:
    """A log-in page between terminal and central says nothing about the copy."""
    at = desk(CentralNonsense("a log-in page"))
    at.sync.run_once()
    assert at.copy.done == []


def test_the_copy_is_verified_once_a_day() -> None:
    """A card loses bits where nobody looks."""
    at = desk(b"1")
    for _ in range(97):
        at.sync.run_once()
        at.clock.advance(900)
    assert at.copy.done.count("verify") == 2
    assert at.copy.done.count("fold") == 97


def test_the_last_room_on_the_card_is_for_visits(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is fetched while there is no more; said once; it goes on by itself when there is."""
    at = desk(b"1")
    room = [False]
    sync = StatusesSync(at.pages, at.copy, at.clock, interval_s=900, has_room=lambda: room[0], jitter=lambda: 0.5)
    for _ in range(3):
        assert 30 <= sync.run_once() <= 300
    assert at.pages.asked == []
    room[0] = True
    assert sync.run_once() == 900
    out = capsys.readouterr().out
    assert (out.count("statuses_wait_for_room"), out.count("statuses_have_room_again")) == (1, 1)


def test_what_has_failed_is_fetched_at_once_when_central_is_back() -> None:
    """The pause of minutes ends with the news; where central has asked for patience it does not."""
    at = desk(CentralTimeout("x"), CentralBusy("later", 500.0), b"1")
    hurried: list[int] = []
    at.sync._repeating.hurry = lambda: hurried.append(len(at.pages.asked))  # type: ignore[method-assign]  # no thread runs
    at.sync.noticed_online()
    at.sync.run_once()
    at.sync.noticed_online()
    at.sync.run_once()
    at.sync.noticed_online()
    at.clock.advance(501)
    at.sync.noticed_online()
    at.sync.run_once()
    at.sync.noticed_online()
    assert hurried == [1, 2]


def test_it_stops_at_once() -> None:
    """Also in the middle of a long pause."""
    at = desk(b"1")
    at.sync.start()
    assert at.sync.stop(10)
