"""From what the technician wrote to what the core and the hardware take: the two know nothing of the configuration."""

from config import AdmissionRules, Settings
from config.model import ButtonSettings, OutputSettings
from hardware.buttons import InputSettings
from hardware.cameras.settings import CameraSettings, Region
from hardware.door import RelaySettings
from hardware.lights import LedSettings
from hardware.scanner_wire import ScannerSettings
from hardware.wedge import WedgeSettings
from kiosk.core.door import DoorRules
from kiosk.core.link import LinkRules
from kiosk.core.phases import SessionRules
from kiosk.core.status import Status
from kiosk.core.venue import CategoryRule, Policy, Venue, Zone
from kiosk.core.views import Fault
from kiosk.logs import LogFormat
from kiosk.reading import PassRules
from kiosk.screens.model import ScreenSettings
from kiosk.services.stored import StoredRules


def venue_of(settings: Settings) -> Venue:
    """The venue at whose entrance this terminal stands."""
    venue = settings.venue
    return Venue(venue.category, venue.area, Zone(venue.zone), frozenset(venue.near_areas))


def policy_of(admission: AdmissionRules) -> Policy:
    """The admission rules of every category."""
    return Policy(
        {
            name: CategoryRule(
                admits=frozenset(Status(status) for status in rule.admits),
                near_home=frozenset(Status(status) for status in rule.near_home),
                pcr_compulsory=rule.pcr_compulsory,
                zones=frozenset(Zone(zone) for zone in rule.zones),
                starts=rule.starts,
            )
            for name, rule in admission.categories.items()
        }
    )


def session_rules_of(settings: Settings, admission: AdmissionRules) -> SessionRules:
    """What one visitor's session follows."""
    budget_s = settings.central.check_budget.total_seconds()
    return SessionRules(
        venue=venue_of(settings),
        policy=policy_of(admission),
        answer_s=budget_s + 0.5,  # the checker keeps the budget itself; this is for a checker that hangs
        granted_s=settings.times.granted.total_seconds(),
        denied_s=settings.times.denied.total_seconds(),
        notice_s=settings.times.notice.total_seconds(),
        least_s=settings.times.least.total_seconds(),
        passage_s=settings.door.release.total_seconds(),
        has_contact=settings.door.contact.pin is not None,
        readers=readers_of(settings),
    )


def readers_of(settings: Settings) -> frozenset[Fault]:
    """What this terminal reads codes by, each named by the fault that takes it away."""
    there = {Fault.CAMERA: settings.camera.source, Fault.SCANNER: settings.usb_scanner.device}
    return frozenset(fault for fault, device in there.items() if device is not None)


def door_rules_of(settings: Settings) -> DoorRules:
    """How long the door is released and may stand open."""
    return DoorRules(settings.door.release.total_seconds(), settings.door.held_after.total_seconds())


def link_rules_of(settings: Settings) -> LinkRules:
    """When central counts as reachable, and how often it is tried."""
    probe_s = settings.central.probe_interval.total_seconds()
    return LinkRules(probe_s=probe_s, doubt_s=min(LinkRules().doubt_s, probe_s))


def stored_rules_of(settings: Settings) -> StoredRules:
    """For how long what is stored on board may decide."""
    ages = settings.cache.maximum_age
    limits = {Status.RED: ages.red, Status.YELLOW: ages.yellow, Status.BLUE: ages.blue, Status.GREEN: ages.green}
    return StoredRules(limits, settings.cache.warn_before, by_untrusted_clock=settings.clock.untrusted == "by_clock")


def pass_rules_of(settings: Settings) -> PassRules:
    """How a pass's time is judged."""
    return PassRules(settings.credentials.clock_skew, by_untrusted_clock=settings.clock.untrusted == "by_clock")


def relay_of(settings: Settings, log: LogFormat) -> RelaySettings:
    """The door relay."""
    relay = settings.door.relay
    return RelaySettings(
        relay.pin,
        relay.active == "high",
        settings.door.maximum_on.total_seconds(),
        settings.pins.factory,
        settings.pins.chip,
        log,
    )


def led_of(output: OutputSettings) -> LedSettings:
    """One LED."""
    return LedSettings(output.pin, output.active == "high")


def button_of(button: ButtonSettings) -> InputSettings:
    """One button."""
    return InputSettings(button.pin, button.pressed == "high")


def contact_of(settings: Settings) -> InputSettings:
    """The door contact."""
    return InputSettings(settings.door.contact.pin, settings.door.contact.open == "high")


def scanner_of(settings: Settings) -> ScannerSettings | None:
    """Camera and reader; None: there is no camera."""
    camera = settings.camera
    if camera.source is None:
        return None
    region, exposure = camera.region, camera.exposure
    return ScannerSettings(
        CameraSettings(
            camera.source,
            camera.width,
            camera.height,
            camera.fps,
            camera.format,
            camera.rotate,
            camera.at_end,
            region=None if region is None else Region(region.left, region.top, region.width, region.height),
            exposure_ms=None if exposure == "auto" else exposure.total_seconds() * 1000,
            gain=None if camera.gain == "auto" else camera.gain,
            focus=None if camera.focus == "auto" else camera.focus,
            power_line_hz=camera.power_line,
            still_after_s=None if camera.still_after is None else camera.still_after.total_seconds(),
        ),
        forget_after_s=settings.reader.forget_after.total_seconds(),
        lost_after_s=camera.lost_after.total_seconds(),
        bar_codes=settings.reader.bar_codes,
        mirror=camera.mirror,
    )


def wedge_of(settings: Settings) -> WedgeSettings | None:
    """USB scanners; None: there are none."""
    device = settings.usb_scanner.device
    return None if device is None else WedgeSettings(device, settings.reader.forget_after.total_seconds())


def screen_of(settings: Settings) -> ScreenSettings:
    """The screen."""
    screen, name = settings.screen, settings.venue.name
    return ScreenSettings(
        languages=tuple(screen.languages),
        venue_names={"kk": name.kk, "ru": name.ru, "en": name.en},
        time_zone=settings.venue.time_zone,
        fullscreen=screen.fullscreen,
        width=screen.width,
        height=screen.height,
        sounds=screen.sounds,
        volume=screen.volume,
    )
