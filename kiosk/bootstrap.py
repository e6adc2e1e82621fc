"""Puts the terminal together from its configuration: the only place that knows config, hardware and kiosk at once."""

import queue
import sys
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from config import ConfigurationError, Loaded, SecretError, load, read_secret
from hardware.buttons import Button, Contact
from hardware.buzzer import Buzzer
from hardware.door import Door, drive_to_rest
from hardware.errors import HardwareError
from hardware.lights import Lights
from hardware.pins import Edge, Pins
from hardware.scanner import Scanner
from hardware.scanner_wire import Sighting
from kiosk import mapping, on_board
from kiosk.adapters.central_client import CentralClient
from kiosk.adapters.clock import SystemClock
from kiosk.adapters.journal import SqliteJournal
from kiosk.adapters.passes import PassVerifier
from kiosk.adapters.status_cache import SqliteStatusCache
from kiosk.adapters.status_copy import StatusCopy
from kiosk.adapters.store import Store, StoreError
from kiosk.adapters.visit_ids import new_visit_id
from kiosk.core.ports import CentralError, JournalError
from kiosk.core.views import Fault
from kiosk.exits import Exit
from kiosk.facts import Broke, CodeGone, CodeSeen, ContactChanged, ExitPressed, Fact, Mended, ProofPressed
from kiosk.logs import LogFormat, configure_logs
from kiosk.runtime import Controller, Parts
from kiosk.screens.app import Face
from kiosk.screens.model import ScreenError
from kiosk.services.checker import Checker
from kiosk.services.health import Notifier, Watchdog, Watched
from kiosk.services.soundness import SoundnessWatch
from kiosk.services.statuses import StatusesSync
from kiosk.services.storage import StorageWatch, used_percent
from kiosk.services.sync import Sync
from kiosk.showing import Showing
from kiosk.terminal import Stops, Terminal


def run_terminal(config: Path, *, log_format: LogFormat, screenshots: Path | None = None) -> int:
    """Run the terminal until it is told to stop; returns the exit status."""
    configure_logs(log_format)
    stops = Stops()
    try:
        loaded = load(config)
        token = read_secret(loaded.settings.central)
        configure_logs(log_format, loaded.settings.log.level)
        terminal = _Builder(loaded, token, log_format, stops).build(screenshots)
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

    def __init__(self, loaded: Loaded, token: str, log_format: LogFormat, stops: Stops) -> None:
        self._loaded, self._settings = loaded, loaded.settings
        self._token = token
        self._log_format: LogFormat = log_format
        self._stops = stops
        self._clock = SystemClock(ZoneInfo(loaded.settings.venue.time_zone))
        self._facts: queue.SimpleQueue[Fact] = queue.SimpleQueue()
        self._post: Callable[[Fact], None] = self._facts.put
        self._log = structlog.get_logger(__name__)
        self._terminal: Terminal | None = None
        self._starts: list[Callable[[], None]] = []

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
        journal = SqliteJournal(store)
        salvage = on_board.salvage(store, journal)
        on_board.seal_journal(settings, store, journal)
        leftovers = journal.settle_leftovers()
        if leftovers:
            self._log.warning("visits_of_an_interrupted_run", count=leftovers)
        lights, buzzer = self._outputs()
        scanner = Scanner(mapping.scanner_of(settings), _Listener(self._post, self._camera_ended))
        face = None
        if settings.screen.enabled:
            face = Face(mapping.screen_of(settings), preview=scanner.preview, on_ready=self._ready)
        showing = Showing(face, self._clock, buzzer.play, screenshots)
        stops.close(showing.close)
        passes = on_board.pass_verifier(settings, store, self._clock.now)
        checker, sync = self._services(store, journal, passes, showing)
        folder = settings.storage.path.parent
        storage = StorageWatch(lambda: used_percent(folder), showing.storage)
        self._starts.append(storage.start)
        stops.stop("storage", storage.stop)
        soundness = SoundnessWatch(store.examine, journal.probe, salvage.run)
        self._starts.append(soundness.start)
        stops.stop("soundness", soundness.stop)
        parts = Parts(
            clock=self._clock,
            checker=checker,
            journal=journal,
            passes=passes,
            door=door,
            lights=lights,
            sounds=showing,
            display=showing,
            new_id=new_visit_id,
            visit_settled=sync.wake,
        )
        controller = Controller(
            parts,
            mapping.session_rules_of(settings, self._loaded.admission),
            mapping.door_rules_of(settings),
            clock_skew=settings.credentials.clock_skew,
            facts=self._facts,
        )
        stops.stop("scanner", scanner.stop)
        notifier = Notifier()
        watchdog = self._watchdog(notifier, controller, face)
        starts = (checker.start, sync.start, *self._starts, scanner.start)
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

    def _services(
        self, store: Store, journal: SqliteJournal, passes: PassVerifier, showing: Showing
    ) -> tuple[Checker, Sync]:
        """Checker and sync, each with a client of its own: a visitor never waits behind visits that are being sent."""
        central = self._settings.central
        asking, sending = (CentralClient(central.url, self._token, central.ca_file) for _ in range(2))
        copy = on_board.status_copy(self._settings, self._clock.now)
        if copy is not None:
            self._stops.close(copy.close)
        checker = Checker(
            asking,
            SqliteStatusCache(store),
            self._clock,
            budget_s=central.check_budget.total_seconds(),
            maximum_age=mapping.maximum_age_of(self._settings),
            copy=copy,
            on_online=showing.online,
        )

        def sync_reached(is_online: bool) -> None:  # noqa: FBT001  # a callback's one argument
            showing.online(is_online)
            if is_online:
                checker.noticed_online()

        sync = Sync(
            sending,
            journal,
            self._clock,
            interval_s=central.send_interval.total_seconds(),
            keys_interval_s=central.keys_interval.total_seconds(),
            keep=self._settings.storage.keep_visits,
            on_keys=lambda jwks: on_board.take_keys(passes, store, journal, jwks),
            on_online=sync_reached,
            on_pending=showing.waiting,
        )
        if copy is not None:
            self._keep_up_to_date(copy, sync_reached)
        self._stops.stop("sync", sync.stop)
        self._stops.stop("checker", checker.stop)
        # Closed before the services are stopped: a call that hangs then ends.
        self._stops.close(asking.close)
        self._stops.close(sending.close)
        return checker, sync

    def _keep_up_to_date(self, copy: StatusCopy, on_online: Callable[[bool], None]) -> None:
        central = self._settings.central
        if central.statuses_interval is None:
            return
        fetching = CentralClient(central.url, self._token, central.ca_file)
        statuses = StatusesSync(
            fetching, copy, self._clock, interval_s=central.statuses_interval.total_seconds(), on_online=on_online
        )
        self._starts.append(statuses.start)
        self._stops.stop("statuses", statuses.stop)
        self._stops.close(fetching.close)

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

    def _log_edge(self, edge: Edge) -> None:
        self._log.info("edge", line=edge.line, pin=edge.pin, value=edge.value, monotonic_s=round(edge.monotonic_s, 6))


class _Listener:
    """Fits `hardware.scanner.ScannerListener`."""

    def __init__(self, post: Callable[[Fact], None], ended: Callable[[], None]) -> None:
        self._post, self._ended = post, ended

    def symbol_seen(self, sighting: Sighting) -> None:
        self._post(CodeSeen(sighting.payload, sighting.symbology == "qr", sighting.reader, sighting.captured_at))

    def symbol_gone(self) -> None:
        self._post(CodeGone())

    def camera_lost(self, _why: str) -> None:
        self._post(Broke(Fault.CAMERA))

    def camera_found(self) -> None:
        self._post(Mended(Fault.CAMERA))

    def camera_ended(self) -> None:
        self._ended()


def _poster(post: Callable[[Fact], None], fact: Fact) -> Callable[[], None]:
    return lambda: post(fact)
