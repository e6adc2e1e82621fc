"""What the reading is measured with (tests/bench): the generated door scenes, and the counting."""

import numpy as np
import pytest

from hardware.symbols import with_zxing
from tests.bench.reading_scores import CLUTTERED, EMPTY, FRAMES, HELD, Size, scored
from tests.bench.rivals import Read
from tests.bench.scenes import FACTORS, empty, hand_held, single

SEED = 3


@pytest.mark.parametrize("factor", FACTORS)
def test_a_factor_begins_readable(factor: str) -> None:
    """At its mildest no factor hides a code that is held well: what fails at more fails because of the factor."""
    picture, payload = single(factor, np.random.default_rng(SEED), severity=0.0)
    symbols, _ = with_zxing(picture)
    assert [symbol.payload for symbol in symbols] == [payload]


def test_the_same_seed_shows_the_same() -> None:
    """Two runs measure the same pictures, and a sequence is one code in frames that differ."""
    first, payload = hand_held(np.random.default_rng(1), frames=2)
    again, same = hand_held(np.random.default_rng(1), frames=2)
    other, another = hand_held(np.random.default_rng(2), frames=1)
    assert payload == same != another
    assert np.array_equal(first, again)
    assert not np.array_equal(first[0], first[1])
    assert not np.array_equal(first[0], other[0])


def test_an_empty_door_shows_no_code() -> None:
    """Nothing to read, in frames of the camera's size."""
    for picture in empty(np.random.default_rng(1), frames=2):
        assert picture.shape == (720, 1280)
        assert with_zxing(picture) == ([], [])


def test_scores_tell_what_was_read_when_and_what_was_wrong() -> None:
    """A reader that reads from its third frame on, and one that always reads what nobody shows."""
    size = Size(sequences=1, singles=1, empties=1)
    [*_, shown] = hand_held(np.random.default_rng([SEED, 0, 1]), frames=0)

    def fresh() -> dict[str, Read]:
        return {"late": lambda _, at: {shown} if at > 0.06 else set(), "liar": lambda *_: {b"somebody else's"}}

    scores = scored(size, SEED, fresh)
    late, liar = scores.of["late"], scores.of["liar"]
    assert (late.first_read, late.within(2), late.within(3)) == ([2], 0.0, 1.0)
    assert len(late.wrong) == 2 * (FRAMES - 2)  # what it reads at an empty door, plain or cluttered
    assert (liar.first_read, scores.share("liar")) == ([None], 0.0)
    assert len(liar.wrong) == len(FACTORS) + 3 * FRAMES
    assert {kind: len(of_all) for kind, of_all in liar.cpu_s.items()} == {
        HELD: FRAMES,
        EMPTY: FRAMES,
        CLUTTERED: FRAMES,
    }
