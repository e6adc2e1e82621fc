"""Colours and icons: readable, and never promising what the door will not do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.admission import Outcome, Reason
from kiosk.core.status import Status
from kiosk.screens import look
from kiosk.screens.gallery import SCREENS
from kiosk.screens.model import ScreenModel

_models = st.builds(
    ScreenModel,
    st.sampled_from(["idle", "checking", "verdict", "could_not_check", "not_a_credential", "out_of_order"]),
    st.none() | st.sampled_from([status.value for status in Status]),
    st.none() | st.sampled_from([outcome.value for outcome in Outcome]),
    st.none() | st.sampled_from([reason.value for reason in Reason]),
)


@given(_models)
def test_text_is_readable_on_every_screen(model: ScreenModel) -> None:
    """A contrast of 7:1 or more (WCAG 2.2, 1.4.6), for eyes of any age at a door in the sun."""
    background = look.fill(model)
    assert look.contrast(look.ink(background), background) >= 7


def test_faint_text_is_readable_too() -> None:
    """How to hold the code, and the state of the connection."""
    assert look.contrast(look.FAINT_TEXT, look.IDLE) >= 7


@given(_models)
def test_green_and_blue_only_for_whom_they_let_in_or_on(model: ScreenModel) -> None:
    """From afar the colour is all that staff see: nobody is refused, or left unchecked, on green or blue."""
    if look.fill(model) in (look.STATUS_COLOURS["green"], look.STATUS_COLOURS["blue"]):
        assert model.screen == "verdict"
        assert model.outcome in ("granted", "proof_needed")


@pytest.mark.parametrize("status", [status.value for status in Status])
def test_a_granted_verdict_has_the_colour_of_its_status(status: str) -> None:
    """The status colour fills the screen."""
    assert look.fill(ScreenModel("verdict", status, "granted")) == look.STATUS_COLOURS[status]


def test_icons_do_without_colour() -> None:
    """Each outcome has an icon of its own, and so has each screen that is no verdict."""
    outcomes = [look.icon(ScreenModel("verdict", "blue", outcome.value)) for outcome in Outcome]
    others = [look.icon(model) for model in SCREENS.values() if model.screen not in ("verdict", "idle")]
    assert len(set(outcomes)) == len(outcomes)
    assert not set(outcomes) & set(others)


def test_contrast_is_that_of_the_standard() -> None:
    """Black on white is 21:1; a colour on itself 1:1; #767676 on white is the well-known 4.54:1."""
    white = (1.0, 1.0, 1.0)
    grey = (0x76 / 255,) * 3
    assert look.contrast((0.0, 0.0, 0.0), white) == pytest.approx(21)
    assert look.contrast(white, white) == 1
    assert look.contrast(grey, white) == pytest.approx(4.54, abs=0.01)


def test_outlines_are_seen_on_every_picture() -> None:
    """The colours stand out from their own dark edge, and their texts from the screen (WCAG 2.2: 7:1)."""
    for colour in (look.LOCATED, look.READ):
        assert look.contrast(colour, look.OUTLINE_EDGE) >= 7
    assert look.contrast(look.LOCATED, look.IDLE) >= 7


def test_marks_are_placed_over_the_picture() -> None:
    """Fractions from the upper left become pixels from the lower left."""
    corners = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.25, 0.5))
    assert look.placed(corners, (10, 20), (400, 200)) == [(10, 220), (410, 220), (410, 20), (110, 120)]


def test_brackets_are_open() -> None:
    """A code that has only been located is told from one that was read by the shape alone: its sides have gaps."""
    strokes = look.brackets([(0, 0), (10, 0), (10, 10), (0, 10)])
    assert [stroke[1] for stroke in strokes] == [(0, 0), (10, 0), (10, 10), (0, 10)]
    for stroke, following in zip(strokes, [*strokes[1:], strokes[0]], strict=True):
        (x, y), (next_x, next_y) = stroke[2], following[0]
        assert abs(x - next_x) + abs(y - next_y) > 4
