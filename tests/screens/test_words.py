"""The words: complete in every language, and right for what is shown."""

import gettext
import string
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

import kiosk.screens.words
from kiosk.core.admission import Outcome, Reason
from kiosk.core.credential import ForeignKind
from kiosk.core.status import Status
from kiosk.core.views import Fault, Unchecked
from kiosk.screens import words
from kiosk.screens.gallery import SCREENS
from kiosk.screens.model import ScreenModel, TerminalModel

ALL = ("kk", "ru", "en")
KAZAKH_LETTERS = set("ӘәҒғҚқҢңӨөҰұҮүҺһІі")


def catalogue(language: str) -> Catalog:
    """A catalogue's source."""
    path = words.catalogue_folder() / language / "LC_MESSAGES" / "kiosk.po"
    return read_po(BytesIO(path.read_bytes()), locale=language, abort_invalid=True)


def marked() -> set[str]:
    """Every text that the screens have to translate."""
    found = extract_from_file("python", Path(kiosk.screens.words.__file__), keywords={"_": None})
    return {str(message) for _, message, *_ in found}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", ALL)
def test_every_text_is_translated(language: str) -> None:
    """No text is missing, none is left over, none is unsure, and each has the original's placeholders."""
    messages = {str(message.id): message for message in catalogue(language) if message.id}
    assert set(messages) == marked()
    for text, message in messages.items():
        assert not message.fuzzy
        assert message.string, text
        assert placeholders(str(message.string)) == placeholders(text)


@pytest.mark.parametrize("language", ALL)
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    """The .mo that is shipped holds the .po beside it."""
    compiled = gettext.translation("kiosk", words.catalogue_folder(), [language])
    for message in catalogue(language):
        if message.id:
            assert compiled.gettext(str(message.id)) == message.string, "run: make messages"


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_nothing_was_left_in_english(language: str) -> None:
    """Each Kazakh and Russian text is in Cyrillic, but for units and names."""
    for message in catalogue(language):
        if message.id:
            latin = [word for word in str(message.string).split() if word.isascii() and word.isalpha()]
            assert set(latin) <= {"QR", "Ashyq", "Wi-Fi"}, message.string


def test_kazakh_is_kazakh() -> None:
    """It has the letters that Russian has not."""
    texts = "".join(str(message.string) for message in catalogue("kk") if message.id)
    assert set(texts) & KAZAKH_LETTERS
    russian = "".join(str(message.string) for message in catalogue("ru") if message.id)
    assert not set(russian) & KAZAKH_LETTERS


def test_every_reason_has_words() -> None:
    """Whatever the core decides, the visitor is told why; only an admission needs no reason, and red is told by it."""
    told_by_the_status = {Reason.ADMITTED, Reason.NEAR_HOME, Reason.STATUS_NOT_ADMITTED}
    assert {reason.value for reason in set(Reason) - told_by_the_status} <= set(words.REASONS)
    assert {kind.value for kind in ForeignKind} <= set(words.REASONS)
    assert {fault.value for fault in Fault} <= set(words.REASONS)
    assert {why.value for why in Unchecked} <= set(words.REASONS)
    assert {status.value for status in Status} == set(words.STATUSES)
    assert {outcome.value for outcome in Outcome} <= set(words.TITLES)


@pytest.mark.parametrize("model", SCREENS.values(), ids=SCREENS)
def test_all_languages_are_shown(model: ScreenModel) -> None:
    """The first one in full, each with a title of its own."""
    shown = words.blocks(model, ALL)
    assert [block.language for block in shown] == list(ALL)
    assert len({block.title for block in shown}) == 3
    assert all(block.title for block in shown)


def test_the_visitors_language_wins() -> None:
    """The pass says which; where there is no catalogue for it, the venue's order stays."""
    model = SCREENS["granted-green"]
    first = [words.order(ALL, language)[0] for language in ("ru", "en", "kk", None, "uz")]
    assert first == ["ru", "en", "kk", "kk", "kk"]
    russian = ScreenModel(model.screen, model.status, model.outcome, model.reason, "ru")
    assert [block.language for block in words.blocks(russian, ("kk",))] == ["ru", "kk"]


def test_what_could_not_be_checked_is_no_refusal() -> None:
    """The words say so, in every language, and never that there is no entry."""
    refusals = {words.translator(language)(words.TITLES["denied"]) for language in ALL}
    for block in words.blocks(SCREENS["could-not-check"], ALL):
        assert block.title not in refusals
        assert block.detail


@pytest.mark.parametrize(
    ("age_s", "told"),
    [(None, ""), (0, "less than a minute"), (59.9, "less than a minute"), (60, "1 min"), (7_500, "2 h"),
     (86_399, "23 h"), (86_400 * 3.9, "3 d")],
)  # fmt: skip
def test_age(age_s: float | None, told: str) -> None:
    """Stored data is shown with its age, rounded down; an answer of this moment without."""
    footnote = words.footnote(ScreenModel("verdict", data_age_s=age_s), "en")
    assert footnote == (f"Offline: stored data, {told} old" if told else "")


def test_data_that_will_soon_be_too_old_says_so() -> None:
    """Staff can act before the first visitor can't be checked."""
    footnote = words.footnote(ScreenModel("verdict", data_age_s=86_400 * 2, data_ageing=True), "en")
    assert footnote == "Offline: stored data, 2 d old, soon too old"


@pytest.mark.parametrize("language", ALL)
def test_the_invitation_says_where_to_hold_the_code(language: str) -> None:
    """The same title for camera and scanner, and never a word about a camera where there is none to show a code to."""
    [camera], [scanner] = words.invitation((language,)), words.invitation((language,), "scanner")
    assert camera.title == scanner.title
    assert camera.detail != scanner.detail
    assert "cm" not in scanner.detail.replace("см", "cm")


@pytest.mark.parametrize(
    ("terminal", "told"),
    [
        (TerminalModel(), "Connecting…"),
        (TerminalModel(online=True), "Online"),
        (TerminalModel(online=True, waiting_visits=2), "Online · Visits not sent yet: 2"),
        (TerminalModel(online=False), "Offline"),
        (
            TerminalModel(online=False, offline_since="09:41", waiting_visits=12),
            "Offline since 09:41 · Visits not sent yet: 12",
        ),
        (TerminalModel(online=True, storage_percent=91), "Online · Storage 91 % full"),
        (TerminalModel(online=True, data_age_s=9e5, data_left_s=9e5), "Online"),
        (TerminalModel(online=False, data_age_s=7_200, data_left_s=9e5), "Offline · Stored data 2 h old"),
        (
            TerminalModel(online=True, data_age_s=86_400 * 2, data_left_s=86_400, data_ageing=True),
            "Online · Stored data 2 d old, usable for 1 d",
        ),
        (TerminalModel(online=False, data_age_s=9e5, data_left_s=0, data_ageing=True), "Offline · Stored data too old"),
        (TerminalModel(online=True, broken_reader="camera"), "Online · The camera gives no picture"),
        (TerminalModel(online=True, broken_reader="scanner"), "Online · The USB scanner is not connected"),
        (
            TerminalModel(online=True, waiting_visits=1, refused_visits=3, clock_trusted=False),
            "Online · Visits not sent yet: 1 · Visits that central refuses: 3 · The clock is not set",
        ),
    ],
)
def test_connection(terminal: TerminalModel, told: str) -> None:
    """Staff see whether central is reached and how much waits for it."""
    assert words.connection(terminal, "en") == told
