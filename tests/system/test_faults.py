"""The real client against a real central, over TLS, behind a proxy that fails in every way: never a wrong answer."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.adapters.central_errors import CentralTimeout
from kiosk.core.credential import format_reference
from kiosk.core.ports import CentralError
from kiosk.core.status import Status
from kiosk.status_pages import PageError
from tests.adapters.authority import make_authority, server_context
from tests.system.fault_line import ALIYA, BOLAT, CALLS, LONG_S, MARGIN_S, SHORT_S, TOKEN, Line, call, open_line, visit
from tests.system.faults import FAULTS, HELD, WELL, Fault, first

STRIKES = [(fault, what) for fault in FAULTS for what in CALLS if fault.strikes(what)]


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    folder = tmp_path_factory.mktemp("line")
    authority = make_authority(folder)
    context = server_context(authority)
    with open_line(
        folder,
        host="https://127.0.0.1",
        front=lambda raw: context.wrap_socket(raw, server_side=True),
        ca_file=authority.file,
    ) as opened:
        yield opened


@pytest.mark.parametrize(("fault", "what"), STRIKES, ids=str)
def test_every_call_survives_every_fault(line: Line, fault: Fault, what: str) -> None:
    """It ends in its time with the right error, never with a wrong answer; and works when the line is well again."""
    line.proxy.become(fault)
    budget_s = SHORT_S if fault.hangs else LONG_S
    began_at = time.monotonic()
    if fault.error is None:
        assert call(line, what, budget_s)
    else:
        with pytest.raises(CentralError) as caught:
            call(line, what, budget_s)
        assert type(caught.value) is fault.error
        for secret in (TOKEN, "/v1/", format_reference(ALIYA), format_reference(ALIYA)[6:]):
            assert secret not in str(caught.value)
    assert time.monotonic() - began_at < budget_s + MARGIN_S
    line.proxy.become(WELL)
    assert call(line, what, LONG_S)


@settings(max_examples=60)
@given(count=st.integers(0, 700), what=st.sampled_from(CALLS))
def test_a_reply_that_is_cut_anywhere(line: Line, count: int, what: str) -> None:
    """However much of an answer came: it is no answer before its last byte."""
    line.proxy.become(Fault("cut", reply=first(count)))
    with pytest.raises((CentralError, PageError)):
        call(line, what, LONG_S)


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.hold_s or fault.replies > 1], ids=str)
def test_a_late_answer_is_nobodys(line: Line, fault: Fault) -> None:
    """What comes too late, or once too often, is not taken for the answer about the next visitor."""
    for _ in range(3):
        line.proxy.become(fault)
        try:
            record = line.client.check(ALIYA, SHORT_S if fault.hangs else LONG_S)
        except CentralTimeout:
            assert fault.hangs
        else:
            assert record is not None
            assert record.status is Status.GREEN
        line.proxy.become(fault if fault.error is None else WELL)
        record = line.client.check(BOLAT, LONG_S)
        assert record is not None
        assert record.status is Status.BLUE


def test_what_the_terminal_does_not_know(line: Line) -> None:
    """The reply is late or lost: central has the visit, and says so as often as it is sent."""
    for fault in (fault for fault in FAULTS if fault.name in ("the reply is lost", "latency beyond the budget")):
        one = visit()
        line.proxy.become(fault)
        with pytest.raises(CentralError):
            line.client.send_visits([one], SHORT_S if fault.hangs else LONG_S)
        line.proxy.become(WELL)
        assert line.client.send_visits([one], LONG_S)[0].accepted
        assert one.id in line.stored()


def test_an_earlier_request_that_arrives_later(line: Line) -> None:
    """Held back, given up, sent again with another visit; then the first one arrives: nothing changes."""
    early, late = visit(), visit()
    line.proxy.let_go()
    line.proxy.become(HELD)
    with pytest.raises(CentralTimeout):
        line.client.send_visits([early], 1.0)
    line.proxy.become(WELL)
    assert all(result.accepted for result in line.client.send_visits([late, early], LONG_S))
    before = line.stored()
    assert {early.id, late.id} <= set(before)
    assert line.proxy.let_go() == 1
    assert line.stored() == before
    assert line.client.send_visits([early], LONG_S)[0].accepted


def test_a_request_that_overtakes_another(line: Line) -> None:
    """A later visit reaches central first: both are there, each once."""
    early, late = visit(), visit()
    line.proxy.let_go()
    line.proxy.become(HELD)
    with ThreadPoolExecutor(1) as others:
        first_one = others.submit(line.client.send_visits, [early], LONG_S)
        held = line.proxy.held.get(timeout=LONG_S)
        # Its connection is cut now, and the client itself sends it once more: before the one that is held.
        line.proxy.become(WELL)
        assert first_one.result(LONG_S)[0].accepted
    assert line.client.send_visits([late], LONG_S)[0].accepted
    before = line.stored()
    line.proxy.held.put(held)
    assert line.proxy.let_go() == 1
    assert line.stored() == before
    assert {early.id, late.id} <= set(before)


def test_requests_that_come_again_after_others(line: Line) -> None:
    """The same requests once more, in another order: visits are there once, answers stay what they are."""
    line.proxy.become(WELL)
    for what in CALLS * 2:
        call(line, what, LONG_S)
    before = line.stored()
    line.proxy.replay(len(CALLS) * 2)
    assert line.stored() == before
    for what in CALLS:
        assert call(line, what, LONG_S)


@pytest.mark.parametrize("what", CALLS)
def test_requests_that_hang_do_not_pile_up(line: Line, what: str) -> None:
    """However often central is silent: each call takes its time and no more, and the next good one is answered."""
    line.proxy.become(HELD)
    began_at = time.monotonic()
    for _ in range(8):
        with pytest.raises(CentralTimeout):
            call(line, what, 0.05)
    assert time.monotonic() - began_at < MARGIN_S
    line.proxy.become(WELL)
    line.proxy.let_go()
    assert call(line, what, LONG_S)
