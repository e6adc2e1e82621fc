"""The words of every screen, in every language: from a model to texts. gettext catalogues, English as the key."""

import gettext
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from kiosk.screens.model import Reader, ScreenModel, TerminalModel

LANGUAGES = ("kk", "ru", "en")
_DOMAIN = "kiosk"


def _(text: str) -> str:
    """Mark a text for the catalogues; it is translated where it is used."""
    return text


TITLES = {
    "granted": _("Please enter"),
    "denied": _("No entry"),
    "proof_needed": _("A PCR test is needed"),
    "checking": _("Checking…"),
    "could_not_check": _("Could not check"),
    "not_a_credential": _("This is not a pass"),
    "out_of_order": _("Out of order"),
}

# What a person with this status may do.
STATUSES = {
    "green": _("Green status: you may go everywhere"),
    "blue": _("Blue status: everywhere except where a PCR test is compulsory"),
    "yellow": _("Yellow status: only a grocery or a pharmacy near home"),
    "red": _("Red status: please stay at home, in isolation"),
}

REASONS = {
    # granted
    "proof_accepted": _("The paper PCR test was accepted"),
    # proof needed
    "pcr_compulsory": _("Please show the staff your PCR certificate"),
    # denied
    "not_near_home": _("This place is not near your home"),
    "home_area_unknown": _("Your home area is not known; please ask the staff"),
    "not_started": _("This place may not admit visitors yet"),
    "zone_not_allowed": _("This place is closed in the present zone"),
    "category_unknown": _("This terminal is not set up for this place; please ask the staff"),
    "visitor_unknown": _("You are not registered; please ask the staff"),
    "pass_expired": _("Your pass has expired; please renew it"),
    "pass_not_yet_valid": _("Your pass is not valid yet"),
    "pass_forged": _("This pass is not genuine"),
    # could not check
    "unreachable": _("There is no connection"),
    "too_old": _("The stored data is too old"),
    "pass_key_unknown": _("The key of this pass is not known here yet"),
    "clock_not_trusted": _("The clock of this terminal is not set"),
    # not a credential
    "url": _("It is a web link"),
    "vcard": _("It is a contact card"),
    "wifi": _("It is a Wi-Fi code"),
    "contact_link": _("It is a phone number or an address"),
    "barcode": _("It is a bar code"),
    "empty": _("The code is empty"),
    "text": _("It holds another text"),
    "binary": _("It holds other data"),
    "damaged": _("The code is incomplete; please show all of it"),
    # out of order
    "journal": _("Visits can't be stored"),
    "door": _("The door does not respond"),
    "camera": _("The camera gives no picture"),
    "camera_unplugged": _("The camera is not connected"),
    "camera_format": _("The camera's picture can't be read"),
    "camera_frozen": _("The camera's picture stands still"),
    "camera_dark": _("The camera is covered, or it is dark"),
    "scanner": _("The USB scanner is not connected"),
}

_ABOUT_THE_VENUE = {"not_started", "zone_not_allowed", "category_unknown"}
"""Reasons that would hold for anybody: what this visitor may do elsewhere is beside the point."""
_NOT_A_REFUSAL = _("This is no refusal. Please ask the staff.")
_ASK_STAFF = _("Please ask the staff")
_SHOW_ASHYQ = _("Please show your Ashyq code")
_INVITATION = _("Show your QR code")
_HOW_TO_HOLD = _("Hold it 15–25 cm from the camera, upright and still")
_HOW_TO_SCAN = _("Hold it in front of the scanner")
# How to hold a code that was located and can't be read; told while it is held, so in as few words as can be.
HINTS = {
    "closer": _("Hold it closer"),
    "hold_still": _("Hold it still"),
    "brighter": _("Make the screen brighter"),
}
_ONLINE = _("Online")
_OFFLINE_SINCE = _("Offline since {time}")
_OFFLINE = _("Offline")
_STARTING = _("Connecting…")
_WAITING = _("Visits not sent yet: {count}")
_REFUSED = _("Visits that central refuses: {count}")
_STORAGE = _("Storage {percent} full")
_CLOCK = _("The clock is not set")
_DATA = _("Stored data {age} old")
_DATA_AGEING = _("Stored data {age} old, usable for {left}")
_DATA_TOO_OLD = _("Stored data too old")
_STORED = _("Offline: stored data, {age} old")
_STORED_AGEING = _("Offline: stored data, {age} old, soon too old")
_AGES = (
    (86_400, _("{count} d")),
    (3_600, _("{count} h")),
    (60, _("{count} min")),
)
_MOMENT = _("less than a minute")


@dataclass(frozen=True, slots=True)
class Block:
    """What is said in one language."""

    language: str
    title: str
    detail: str


def catalogue_folder() -> Path:
    """Where the compiled catalogues are."""
    return Path(str(files("kiosk.screens").joinpath("locale")))


@lru_cache
def translator(language: str) -> Callable[[str], str]:
    """The translation into one language; raises FileNotFoundError for a language without a catalogue."""
    return gettext.translation(_DOMAIN, catalogue_folder(), [language]).gettext


def order(languages: tuple[str, ...], visitor: str | None) -> tuple[str, ...]:
    """The languages to show, largest first: the visitor's own wins, if there is a catalogue for it."""
    if visitor not in LANGUAGES:
        return languages
    return (visitor, *(language for language in languages if language != visitor))


def blocks(model: ScreenModel, languages: tuple[str, ...]) -> tuple[Block, ...]:
    """What the screen of `model` says: all of it in the most important language, the gist in the others."""
    title, details = _message(model)
    spoken: list[Block] = []
    for language in order(languages, model.language):
        say = translator(language)
        shown = details[:1] if spoken else details
        spoken.append(Block(language, say(title), "\n".join(say(detail) for detail in shown)))
    return tuple(spoken)


def footnote(model: ScreenModel, language: str) -> str:
    """How old the data is, where the answer is not central's own of this moment."""
    if model.data_age_s is None:
        return ""
    say = translator(language)
    return say(_STORED_AGEING if model.data_ageing else _STORED).format(age=_age(model.data_age_s, say))


def invitation(languages: tuple[str, ...], reader: Reader = "camera") -> tuple[Block, ...]:
    """What the idle screen asks for, in each language."""
    how = _HOW_TO_HOLD if reader == "camera" else _HOW_TO_SCAN
    return tuple(Block(lang, translator(lang)(_INVITATION), translator(lang)(how)) for lang in languages)


def hint(name: str, languages: tuple[str, ...]) -> tuple[Block, ...]:
    """How to hold the code that is in view, in each language, in the place of the invitation. name: one of HINTS."""
    return tuple(Block(language, translator(language)(HINTS[name]), "") for language in languages)


def connection(terminal: TerminalModel, language: str) -> str:
    """The state of the connection, and what waits for it."""
    say = translator(language)
    if terminal.online is None:
        state = say(_STARTING)
    elif terminal.online:
        state = say(_ONLINE)
    elif terminal.offline_since is None:
        state = say(_OFFLINE)
    else:
        state = say(_OFFLINE_SINCE).format(time=terminal.offline_since)
    parts = [state, _data(terminal, say)]
    if terminal.waiting_visits:
        parts.append(say(_WAITING).format(count=terminal.waiting_visits))
    if terminal.refused_visits:
        parts.append(say(_REFUSED).format(count=terminal.refused_visits))
    if terminal.storage_percent is not None:
        parts.append(say(_STORAGE).format(percent=f"{terminal.storage_percent} %"))
    if not terminal.clock_trusted:
        parts.append(say(_CLOCK))
    if terminal.broken_reader is not None:
        parts.append(say(REASONS[terminal.broken_reader]))
    return " · ".join(part for part in parts if part)


def _data(terminal: TerminalModel, say: Callable[[str], str]) -> str:
    """How old everybody's statuses on board are: while they decide, and when staff should know."""
    if terminal.data_age_s is None or not (terminal.data_ageing or terminal.online is False):
        return ""
    if not terminal.data_left_s:
        return say(_DATA_TOO_OLD)
    text = _DATA_AGEING if terminal.data_ageing else _DATA
    return say(text).format(age=_age(terminal.data_age_s, say), left=_age(terminal.data_left_s, say))


def _message(model: ScreenModel) -> tuple[str, tuple[str, ...]]:
    """Title and details, untranslated."""
    reason = REASONS.get(model.reason or "")
    match model.screen:
        case "verdict":
            status = None if model.reason in _ABOUT_THE_VENUE else STATUSES.get(model.status or "")
            return TITLES[model.outcome or "denied"], tuple(text for text in (reason, status) if text)
        case "could_not_check":
            return TITLES["could_not_check"], tuple(text for text in (_NOT_A_REFUSAL, reason) if text)
        case "not_a_credential":
            return TITLES["not_a_credential"], tuple(text for text in (reason, _SHOW_ASHYQ) if text)
        case "out_of_order":
            return TITLES["out_of_order"], tuple(text for text in (reason, _ASK_STAFF) if text)
        case "checking":
            return TITLES["checking"], ()
        case "idle":
            return _INVITATION, (_HOW_TO_HOLD,)


def _age(seconds: float, say: Callable[[str], str]) -> str:
    for unit_s, text in _AGES:
        if seconds >= unit_s:
            return say(text).format(count=int(seconds // unit_s))
    return say(_MOMENT)
