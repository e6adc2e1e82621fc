"""Puts the terminal together from its configuration: the only place that knows config, hardware and kiosk at once."""

import queue
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import structlog

from config import ConfigurationError, Loaded, SecretError, load, read_secret
from hardware.buttons import Button, Contact
from hardware.buzzer import Buzzer
from hardware.door import Door, drive_to_rest
from hardware.errors import CameraFault, HardwareError
from hardware.lights import Lights
from hardware.pins import Edge, Pins
from hardware.scanner import Scanner
from hardware.scanner_wire import Sighting
from kiosk import mapping, on_board
from kiosk.adapters.clock import TerminalClock
from kiosk.adapters.journal import SqliteJournal
from kiosk.adapters.status_copy import StatusCopy
from kiosk.adapters.store import Store
from kiosk.adapters.store_errors import StoreError
from kiosk.adapters.visit_ids import new_visit_id
from kiosk.core.ports import CentralError, JournalError
from kiosk.core.views import Fault
from kiosk.exits import Exit
from kiosk.facts import Broke, CodeGone, CodeSeen, ContactChanged, ExitPressed, Fact, Mended, ProofPressed
from kiosk.logs import LogFormat, configure_logs
from kiosk.runtime import Controller, Parts
from kiosk.screens.app import Face
from kiosk.screens.model import ScreenError
from kiosk.services.ageing import AgeWatch
from kiosk.services.clock_watch import ClockWatch
from kiosk.services.health import Notifier, Watchdog, Watched
from kiosk.services.rounds import Rounds
from kiosk.services.soundness import SoundnessWatch
from kiosk.services.storage import StorageWatch, used_percent
from kiosk.showing import Showing
from kiosk.terminal import Stops, Terminal
from kiosk.uplink import build_uplink
from kiosk.usb_scanner import build_usb_scanner

_ROUNDS_S = 2.0
_FAULTS: dict[CameraFault, Fault] = {
    "no_picture": Fault.CAMERA,
    "unplugged": Fault.CAMERA_UNPLUGGED,
    "format": Fault.CAMERA_FORMAT,
    "dark": Fault.CAMERA_DARK,
    "frozen": Fault.CAMERA_FROZEN,
}


def run_terminal(
    config: Path,
    *,
    log_format: LogFormat,
    screenshots: Path | None = None,
    system_time: Callable[[], datetime] | None = None,
) -> int:
    """Run the terminal until it is told to stop; returns the exit status.

    system_time: instead of this machine's (aware), for a demonstration in which weeks go by.
    """
    configure_logs(log_format)
    stops = Stops()
    try:
        loaded = load(config)
        token = read_secret(loaded.settings.central)
        configure_logs(log_format, loaded.settings.log.level)
        terminal = _Builder(loaded, token, log_format, stops, system_time).build(screenshots)
    except ConfigurationError as error:
        sys.stderr.write(f"{error}\n")
        return Exit.CONFIGURATION
    except SecretError as error:
        sys.stderr.write(f"{config}: {error}\n")
        return Exit.CONFIGURATION
    except (HardwareError, StoreError, JournalError, CentralError, ScreenError) as error:
        stops.run()
        structlog.get_logger(__name__).critical("cannot_start", why=str(error))
        sys.stderr.write(f"{error}\n")
        return Exit.UNAVAILABLE
    return terminal.run()


def rest_door(config: Path) -> int:
    """Drive the relay that a configuration names to its resting level."""
    try:
        settings = load(config).settings
    except ConfigurationError as error:
        sys.stderr.write(f"{error}\n")
        return Exit.CONFIGURATION
    return Exit.OK if drive_to_rest(mapping.relay_of(settings, "plain")) else Exit.UNAVAILABLE


class _Builder:
    """Makes the parts in order; `stops` undoes them in reverse order, also when a later one can't be made."""

    _clock: TerminalClock  # made once the store is open, which holds what time it was last

    def __init__(
        self,
        loaded: Loaded,
        token: str,
        log_format: LogFormat,
        stops: Stops,
        system_time: Callable[[], datetime] | None,
    ) -> None:
        self._loaded, self._settings = loaded, loaded.settings
        self._token = token
        self._log_format: LogFormat = log_format
        self._stops = stops
        self._system_time = system_time
        self._facts: queue.SimpleQueue[Fact] = queue.SimpleQueue()
        self._post: Callable[[Fact], None] = self._facts.put
        self._log = structlog.get_logger(__name__)
        self._terminal: Terminal | None = None

    def build(self, screenshots: Path | None) -> Terminal:
        """The whole terminal. First of all the relay goes to its resting level."""
        settings, stops = self._settings, self._stops
        door = Door(
            mapping.relay_of(settings, self._log_format),
            on_broken=lambda _why: self._post(Broke(Fault.DOOR)),
            on_mended=lambda: self._post(Mended(Fault.DOOR)),
        )
        stops.stop("door", door.stop)
        door.start()
        store = Store(settings.storage.path)
        stops.close(store.close)
        salvage = on_board.salvage(settings, store)
        self._clock = on_board.clock(settings, store, self._system_time)
        journal = SqliteJournal(store, self._clock, must_seal=settings.storage.seal == "always")
        salvage.brought_over = journal.seal_what_is_in_clear
        on_board.seal_journal(settings, store, journal)
        leftovers = journal.settle_leftovers()
        if leftovers:
            self._log.warning("visits_of_an_interrupted_run", count=leftovers)
        lights, buzzer = self._outputs()
        scanner_settings = mapping.scanner_of(settings)
        scanner = scanner_settings and Scanner(
            scanner_settings, _Listener(self._post, self._camera_ended, self._not_confined)
        )
        face = None
        if settings.screen.enabled:
            preview = scanner.preview if scanner else lambda: None
            face = Face(mapping.screen_of(settings), preview=preview, on_ready=self._ready)
        showing = Showing(face, self._clock, buzzer.play, screenshots)
        stops.close(showing.close)
        passes = on_board.pass_verifier(settings, store, self._clock.now)
        uplink = build_uplink(settings, self._token, store, journal, passes, self._clock, showing, stops)
        rounds = self._rounds(store, uplink.copy, showing)
        stops.stop("rounds", rounds.stop)
        soundness = SoundnessWatch(
            store.examine, journal.probe, salvage.run, interrupt=_both(store.interrupt, salvage.stop)
        )
        stops.stop("soundness", soundness.stop)
        parts = Parts(
            clock=self._clock,
            checker=uplink.checker,
            journal=journal,
            passes=passes,
            door=door,
            lights=lights,
            sounds=showing,
            display=showing,
            new_id=new_visit_id,
            visit_settled=uplink.sync.wake,
        )
        controller = Controller(
            parts,
            mapping.session_rules_of(settings, self._loaded.admission),
            mapping.door_rules_of(settings),
            passes=mapping.pass_rules_of(settings),
            facts=self._facts,
        )
        readers = build_usb_scanner(settings, self._post, stops)
        if scanner:
            stops.stop("scanner", scanner.stop)
            readers = (*readers, scanner.start)
        notifier = Notifier()
        watchdog = self._watchdog(notifier, controller, face)
        starts = (*uplink.starts, rounds.start, soundness.start, *readers)
        self._terminal = Terminal(controller, face, notifier, watchdog, starts, stops)
        return self._terminal

    def _outputs(self) -> tuple[Lights, Buzzer]:
        """LEDs and buzzer; buttons and contact, which report by themselves."""
        settings, stops = self._settings, self._stops
        pins = Pins(settings.pins.factory, settings.pins.chip, self._log_edge)
        stops.close(pins.close)
        lights = Lights(mapping.led_of(settings.lights.green), mapping.led_of(settings.lights.red), pins)
        stops.close(lights.close)
        buzzer = Buzzer(settings.buzzer.pin, pins, active_high=settings.buzzer.active == "high")
        stops.close(buzzer.close)
        buttons = settings.buttons
        for line, button, fact in (
            ("buttons.rex", buttons.rex, ExitPressed()),
            ("buttons.accept_proof", buttons.accept_proof, ProofPressed()),
        ):
            stops.close(Button(line, mapping.button_of(button), pins, _poster(self._post, fact)).close)
        contact = Contact(
            "door.contact", mapping.contact_of(settings), pins, lambda is_open: self._post(ContactChanged(is_open))
        )
        stops.close(contact.close)
        return lights, buzzer

    def _rounds(self, store: Store, copy: StatusCopy | None, showing: Showing) -> Rounds:
        """What changes slowly: the card's filling, the clock, the age of the data on board."""
        settings, clock = self._settings, self._clock
        folder = settings.storage.path.parent
        looks = [
            StorageWatch(lambda: used_percent(folder), showing.storage).look,
            ClockWatch(
                clock,
                to_keep=clock.to_keep,
                keep=lambda kept: on_board.keep_time(settings, store, kept),
                on_trusted=showing.clock,
            ).look,
        ]
        if copy is not None:
            rules = mapping.stored_rules_of(settings)
            limit = min(rules.maximum_age.values())
            looks.append(
                AgeWatch(
                    copy.confirmed_at, clock, limit=limit, warn_before=rules.warn_before, on_age=showing.data_age
                ).look
            )
        return Rounds(looks, every_s=_ROUNDS_S)

    def _watchdog(self, notifier: Notifier, controller: Controller, face: Face | None) -> Watchdog:
        watched = [Watched("controller", lambda: controller.beat, 3.0)]
        if face is not None:
            watched.append(Watched("screen", lambda: face.beat, 5.0))
        watchdog = Watchdog(notifier, self._clock, tuple(watched))
        self._stops.stop("watchdog", watchdog.stop)
        return watchdog

    # --- what the parts report ----------------------------------------------------------------------------------

    def _ready(self) -> None:
        if self._terminal is not None:
            self._terminal.ready()

    def _camera_ended(self) -> None:
        self._log.info("camera_ended")
        if self._settings.camera.at_end == "exit" and self._terminal is not None:
            self._terminal.stop()

    def _not_confined(self, why: str) -> None:
        if self._terminal is not None:
            self._terminal.warn(f"the scanner process is not confined: {why}")

    def _log_edge(self, edge: Edge) -> None:
        self._log.info("edge", line=edge.line, pin=edge.pin, value=edge.value, monotonic_s=round(edge.monotonic_s, 6))


class _Listener:
    """Fits `hardware.scanner.ScannerListener`."""

    def __init__(
        self, post: Callable[[Fact], None], ended: Callable[[], None], not_confined: Callable[[str], None]
    ) -> None:
        self._post, self._ended, self._not_confined = post, ended, not_confined
        self._fault: Fault | None = None

    def symbol_seen(self, sighting: Sighting) -> None:
        self._post(CodeSeen(sighting.payload, sighting.symbology == "qr", sighting.reader, sighting.captured_at))

    def symbol_gone(self) -> None:
        self._post(CodeGone())

    def camera_lost(self, _why: str, fault: CameraFault) -> None:
        before, self._fault = self._fault, _FAULTS[fault]
        self._post(Broke(self._fault))
        if before is not None:  # afterwards, lest the screen says in between that all is well
            self._post(Mended(before))

    def camera_found(self) -> None:
        if self._fault is not None:
            self._post(Mended(self._fault))
        self._fault = None

    def camera_ended(self) -> None:
        self._ended()

    def not_confined(self, why: str) -> None:
        self._not_confined(why)


def _poster(post: Callable[[Fact], None], fact: Fact) -> Callable[[], None]:
    return lambda: post(fact)


def _both(first: Callable[[], None], second: Callable[[], None]) -> Callable[[], None]:
    def both() -> None:
        first()
        second()

    return both
