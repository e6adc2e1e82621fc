"""What a frame may cost."""

from hypothesis import given
from hypothesis import strategies as st

from hardware.budget import Budget, Prospect

LOOK_S = 0.002
CODES, GUESSES = 16.0, 4.5
FULL = CODES + GUESSES

_steps = st.lists(
    st.one_of(st.sampled_from(Prospect), st.just("located"), st.just("read"), st.floats(0.05, 12.0)), max_size=150
)


def _measured() -> Budget:
    budget = Budget()
    budget.looked(LOOK_S)
    return budget


@given(_steps, st.floats(0.5, 3.0))
def test_no_more_is_spent_than_was_earned(steps: list[Prospect | str | float], dearer: float) -> None:
    """Whatever is seen and tried: what was saved at first, what frames earned, and the last attempt's excess."""
    budget, earned, spent, most = _measured(), FULL, 0.0, 0.0
    for step in steps:
        if isinstance(step, Prospect):
            budget.frame(step)
            earned += step.value.guesses + step.value.codes
        elif step == "located":
            budget.located()
        elif step == "read":
            budget.read()
        elif isinstance(step, float) and budget.allows(step):
            cost = step * dearer  # attempts may take longer than was thought
            budget.spent(cost * LOOK_S)
            spent += cost
            most = max(most, cost)
        assert spent <= earned + most + 1e-6


@given(st.lists(st.sampled_from(Prospect), min_size=1, max_size=300))
def test_no_more_is_saved_than_a_full_budget(frames: list[Prospect]) -> None:
    """However long nothing is spent."""
    budget = _measured()
    for prospect in frames:
        budget.frame(prospect)
    budget.located()
    assert budget.allows(FULL)
    assert not budget.allows(FULL + 0.01)


def test_the_less_sure_a_code_is_the_more_is_left() -> None:
    """What an empty door must leave saved is there when a code is located."""
    allowed = []
    for prospect in (Prospect.NONE, Prospect.UNLIKELY, Prospect.LIKELY, Prospect.MOVING):
        budget = _measured()
        budget.frame(prospect)
        allowed.append([budget.allows(looks) for looks in (0.4, 4.0, 11.0, 20.0)])
    assert allowed == [
        [True, False, False, False],
        [True, True, False, False],
        [True, True, True, False],
        [True, True, True, True],
    ]


def test_a_located_code_gets_all_that_is_saved() -> None:
    """In the very frame in which it is located."""
    budget = _measured()
    budget.frame(Prospect.NONE)
    assert not budget.allows(8.0)
    budget.located()
    assert budget.allows(8.0)


def test_what_is_no_code_after_all_gets_no_more() -> None:
    """Once a place was looked into; what was located stays so."""
    budget = _measured()
    budget.frame(Prospect.MOVING)
    budget.judged(Prospect.DOUBTED)
    assert not budget.allows(8.0)
    budget.located()
    budget.judged(Prospect.DOUBTED)
    assert budget.allows(8.0)


def test_a_debt_is_soon_paid() -> None:
    """Minutes of a code that nobody can read don't take the next visitor's turn."""
    budget = _measured()
    for _ in range(200):
        budget.frame(Prospect.LOCATED)
        budget.spent(1.0)
    for _ in range(40):
        budget.frame(Prospect.STILL)
    assert budget.allows(1.0)


def _emptied(budget: Budget) -> None:
    budget.located()
    while budget.allows(0.1):
        budget.spent(0.1 * LOOK_S)


def _earned_in(budget: Budget, frames: int) -> float:
    """What may be spent after so many frames with a code that hides."""
    _emptied(budget)
    for _ in range(frames):
        budget.frame(Prospect.LOCATED)
    budget.located()
    spent = 0.0
    while budget.allows(0.1):
        budget.spent(0.1 * LOOK_S)
        spent += 0.1
    return spent


def test_patience_ends() -> None:
    """What looks like a code and is none, as a poster, earns less and less, but never nothing."""
    budget = _measured()
    at_first, later, much_later = _earned_in(budget, 6), _earned_in(budget, 6), _earned_in(budget, 60) / 10
    assert at_first > 1.3 * later
    assert 0.5 < much_later < 0.6 * at_first


def test_reading_a_code_renews_patience() -> None:
    """The next visitor's code earns as the first did; and a frame with nothing does the same."""
    fresh = _earned_in(_measured(), 6)
    for renewed in (Budget.read, lambda budget: budget.frame(Prospect.NONE)):
        budget = _measured()
        for _ in range(40):
            budget.frame(Prospect.LOCATED)
        renewed(budget)
        assert abs(_earned_in(budget, 6) - fresh) < 0.3


def test_what_stands_still_gets_its_turns_when_all_is_spent() -> None:
    """Nobody who holds a code still waits for a purse to fill: guesses are paid from one of their own."""
    budget = _measured()
    _emptied(budget)
    for prospect, frames in ((Prospect.STILL, 5), (Prospect.UNLIKELY, 10)):
        for _ in range(frames):
            budget.frame(prospect)
        assert budget.allows(1.4)
        budget.spent(1.4 * LOOK_S)


def test_guesses_leave_what_is_saved_for_codes() -> None:
    """A poster that stands there for a long time takes nothing from the next visitor."""
    budget = _measured()
    for _ in range(300):
        budget.frame(Prospect.STILL)
        while budget.allows(0.5):
            budget.spent(0.5 * LOOK_S)
    budget.located()
    assert budget.allows(CODES)


def test_less_is_searched_after_frames_in_vain_or_with_nothing() -> None:
    """Every frame again when something appears; least where nothing has been for long."""
    budget = _measured()
    assert budget.search_every == 1
    budget.frame(Prospect.NONE)
    tired = budget.search_every
    assert tired > 1
    budget.frame(Prospect.MOVING)
    assert budget.search_every == 1
    for _ in range(8):
        budget.frame(Prospect.MOVING)
    assert budget.search_every == tired
    budget.read()
    assert budget.search_every == 1
    for _ in range(100):
        budget.frame(Prospect.DOUBTED)
    assert budget.search_every > tired
    budget.frame(Prospect.LIKELY)
    assert budget.search_every == 1


def test_a_slow_machine_counts_the_same_looks() -> None:
    """Cost is in looks of this machine: a first look counts at once, one outlier hardly."""
    for look_s in (0.001, 0.005):
        budget = Budget()
        budget.looked(look_s)
        budget.frame(Prospect.LOCATED)
        budget.spent(10 * look_s)
        budget.frame(Prospect.NONE)
        budget.located()
        assert budget.allows(FULL - 9.75)
        assert not budget.allows(FULL - 9.6)
    budget.looked(20.0)
    budget.looked(0.0)  # a clock too coarse to tell
    budget.spent(look_s)
    assert budget.allows(5.0)


def test_one_frame_costs_no_more_than_a_moment() -> None:
    """On a slow board, too: what is saved is spent over frames, and the next frame begins anew."""
    budget = Budget()
    budget.looked(0.02)
    for _ in range(2):
        budget.frame(Prospect.LOCATED)
        assert budget.allows(7.4)
        budget.spent(0.148)
        assert not budget.allows(0.5)


def test_attempts_cost_something_before_the_first_look() -> None:
    """Nothing is free while the measure is unknown."""
    budget = Budget()
    budget.spent(10.0)
    assert not budget.allows(0.1)
