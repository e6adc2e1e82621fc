"""What is drawn over the camera picture."""

from hypothesis import given
from hypothesis import strategies as st

from hardware.marks import DECODED_STAYS_S, MAX_MARKS, Mark, Marker, fractions
from hardware.symbols import Located, Reading, Symbol

SQUARE = ((10, 10), (50, 10), (50, 90), (10, 90))
WHERE = ((0.1, 0.1), (0.5, 0.1), (0.5, 0.9), (0.1, 0.9))
SIZE = (100, 100)
READ = Reading((Symbol(b"x", "qr", "zxing", SQUARE),))
FOUND = Reading(located=Located(SQUARE, "closer"))
NOTHING = Reading()


def test_a_code_that_is_only_located_has_its_hint() -> None:
    """And is where it is in the picture."""
    assert Marker().look(FOUND, SIZE, 1.0) == (Mark("located", WHERE, "closer"),)


def test_a_code_that_was_read_stays_so_for_a_moment() -> None:
    """A frame in which it is located only, or not seen, does not make it unread; after a while it is gone."""
    marker = Marker()
    assert marker.look(READ, SIZE, 1.0) == (Mark("decoded", WHERE),)
    assert marker.look(NOTHING, SIZE, 1.0 + DECODED_STAYS_S) == (Mark("decoded", WHERE),)
    moved = Reading(located=Located(((0, 0), (40, 0), (40, 80), (0, 80)), "hold_still"))
    [mark] = marker.look(moved, SIZE, 1.1)
    assert (mark.kind, mark.hint, mark.corners[0]) == ("decoded", None, (0.0, 0.0))
    assert marker.look(NOTHING, SIZE, 1.1 + DECODED_STAYS_S) == ()
    assert marker.look(FOUND, SIZE, 3.0)[0].kind == "located"


def test_codes_without_a_place_are_not_outlined() -> None:
    """A reader may not know where a code was."""
    assert Marker().look(Reading((Symbol(b"x", "qr", "zbar", ()),), Located(())), SIZE, 1.0) == ()


def test_many_codes_are_bounded() -> None:
    """A page full of codes gives as many marks as there is room for."""
    assert len(Marker().look(Reading(READ.symbols * 50), SIZE, 1.0)) == MAX_MARKS


_points = st.lists(st.tuples(st.integers(-5000, 5000), st.integers(-5000, 5000)), min_size=1, max_size=9)


@given(_points, st.integers(1, 4000), st.integers(1, 4000))
def test_corners_are_four_and_inside(points: list[tuple[int, int]], width: int, height: int) -> None:
    """However many points a reader gives, and wherever: a code that is partly out of view ends at the edge."""
    corners = fractions(points, (width, height))
    assert len(corners) == 4
    assert all(0 <= share <= 1 for corner in corners for share in corner)
