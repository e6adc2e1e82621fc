"""One code in view is one scan."""

from hypothesis import given
from hypothesis import strategies as st

from hardware.repeat import InView, RepeatGuard


def test_a_code_is_reported_once_while_it_stays_in_view() -> None:
    """Frame after frame shows the same code: one scan."""
    guard = RepeatGuard(1.5)
    assert guard.look(["a"], 0.0) == InView(("a",), latest_gone=False)
    assert all(guard.look(["a"], at / 10) == InView((), latest_gone=False) for at in range(1, 50))


def test_a_flicker_is_no_second_scan_and_a_return_is() -> None:
    """Hidden for less than the limit: the same scan; for longer: gone, and then a new one."""
    guard = RepeatGuard(1.5)
    guard.look(["a"], 0.0)
    assert guard.look([], 1.0) == InView((), latest_gone=False)
    assert guard.look(["a"], 1.4) == InView((), latest_gone=False)
    assert guard.look([], 3.0) == InView((), latest_gone=True)
    assert guard.look(["a"], 3.1) == InView(("a",), latest_gone=False)


def test_two_codes_in_view_are_reported_once_each() -> None:
    """A poster beside the phone makes no noise; the phone's leaving is told, the poster's staying is not."""
    guard = RepeatGuard(1.0)
    assert guard.look(["poster"], 0.0).appeared == ("poster",)
    assert guard.look(["poster", "phone"], 0.5).appeared == ("phone",)
    assert not guard.look(["poster"], 1.2).latest_gone
    assert guard.look(["poster"], 1.6).latest_gone
    assert guard.look(["poster"], 9.0) == InView(("poster",), latest_gone=False)


@given(st.lists(st.tuples(st.floats(0.01, 3.0), st.sets(st.sampled_from("abc"))), max_size=60))
def test_between_two_reports_of_a_code_it_was_out_of_view_for_the_limit(steps: list[tuple[float, set[str]]]) -> None:
    """Whatever the camera sees, no code is reported again without having been unseen for longer than the limit."""
    guard, at, seen = RepeatGuard(1.5), 0.0, dict[object, float]()
    for seconds, codes in steps:
        at += seconds
        for code in guard.look(sorted(codes), at).appeared:
            assert code not in seen or at - seen[code] > 1.5
        seen.update(dict.fromkeys(codes, at))
