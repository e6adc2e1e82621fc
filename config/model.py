"""The typed settings. Field for field what config/kiosk.yaml shows, where each option is explained."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, WithJsonSchema
from pydantic_core.core_schema import ValidationInfo

from config.values import (
    Age,
    AutomaticOr,
    Exposure,
    FilePath,
    Interval,
    Level,
    Moment,
    Pin,
    Share,
    Size,
    Skew,
    kind_of,
    wrong,
)

Language = Literal["kk", "ru", "en"]
Zone = Literal["green", "yellow", "red"]

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_STREAMS = ("http://", "https://", "rtsp://", "rtsps://")


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise wrong(f"'{name}' is no time zone", "a name such as Asia/Almaty is expected") from None
    return name


def _url(url: str) -> str:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise wrong("not a URL", "https://HOST is expected") from None
    if parts.username or parts.password:
        raise wrong("a URL with a user name or password", "secrets go into files: see central.token_file")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise wrong(f"'{url}' is no web address", "https://HOST is expected")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise wrong("unencrypted http", "https:// is expected; http is for this machine itself only")
    if parts.query or parts.fragment:
        raise wrong("a URL with '?' or '#'", "https://HOST or https://HOST/PATH is expected")
    return url.rstrip("/")


def _source(value: object, info: ValidationInfo) -> int | str | None:
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        if value < 0:
            raise wrong(f"camera number {value}", "0 or more is expected")
        return value
    if not isinstance(value, str) or not value.strip():
        raise wrong(f"{kind_of(value)} is no camera", "a number, a path or a URL is expected, or null for none")
    if value.startswith("csi:"):
        if not value.removeprefix("csi:").isdecimal():
            raise wrong(f"'{value}' is no camera", "csi: with the number of a CSI camera is expected", "csi:0")
        return value
    if value.isdecimal():
        raise wrong(f"'{value}' in quotes is a path", f"write {value} without quotes for /dev/video{value}")
    if value.startswith((*_STREAMS, "/")):
        return value
    if "://" in value:
        raise wrong("this kind of URL is not read", "http://, https:// or rtsp:// is expected")
    folder = (info.context or {}).get("folder", Path())
    return str(folder / value)


def _usb_scanner(value: object) -> str | None:
    if value is None:
        return None
    expected = "null, auto or a path below /dev/input/by-id is expected"
    if not isinstance(value, str) or "\x00" in value:
        raise wrong(f"{kind_of(value)} is no USB scanner", expected)
    if value != "auto" and not value.startswith("/"):
        raise wrong(f"'{value}' is no device", expected, "auto" if value.strip().lower() == "auto" else "")
    return value


def _name(value: object) -> object:
    """One text for all languages, or one for each."""
    return {"kk": value, "ru": value, "en": value} if isinstance(value, str) else value


def _languages(languages: tuple[Language, ...]) -> tuple[Language, ...]:
    if not languages:
        raise wrong("no language", "at least one of kk, ru and en is expected")
    if len(set(languages)) != len(languages):
        raise wrong("a language stands twice", "each of kk, ru and en at most once")
    return languages


Text = Annotated[str, Field(min_length=1, max_length=120)]


class VenueName(_Group):
    kk: Text = "Мекеме"
    ru: Text = "Заведение"
    en: Text = "Venue"


class VenueSettings(_Group):
    name: Annotated[VenueName, BeforeValidator(_name)] = VenueName()
    category: Text
    area: Text
    near_areas: tuple[Text, ...] = Field(default=(), strict=False)
    zone: Zone
    time_zone: Annotated[str, AfterValidator(_time_zone)] = "Asia/Almaty"


class CentralSettings(_Group):
    url: Annotated[str, AfterValidator(_url)]
    token_file: FilePath | None = None
    token_credential: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")] | None = None
    ca_file: FilePath | None = None
    check_budget: Moment = timedelta(seconds=1)
    probe_interval: Interval = timedelta(seconds=15)
    send_interval: Interval = timedelta(seconds=5)
    keys_interval: Interval = timedelta(hours=1)
    statuses_interval: Interval | None = timedelta(minutes=15)


class CredentialSettings(_Group):
    keys_file: FilePath | None = None
    clock_skew: Skew = timedelta(minutes=2)


class MaximumAge(_Group):
    red: Age = timedelta(days=14)
    yellow: Age = timedelta(days=3)
    blue: Age = timedelta(days=3)
    green: Age = timedelta(days=3)


class CacheSettings(_Group):
    maximum_age: MaximumAge = MaximumAge()
    warn_before: Age = timedelta(days=1)


class ClockSettings(_Group):
    trust: Literal["synchronised", "always"] = "synchronised"
    untrusted: Literal["ask_staff", "by_clock"] = "ask_staff"


class StorageSettings(_Group):
    path: FilePath = Path("/var/lib/ashyq-kiosk/kiosk.db")
    keep_visits: Age = timedelta(days=7)
    seal: Literal["always", "when_possible"] = "always"
    sealing_key_file: FilePath | None = None


class RegionSettings(_Group):
    left: Share = 0.0
    top: Share = 0.0
    width: Size = 1.0
    height: Size = 1.0


class CameraSettings(_Group):
    source: Annotated[
        int | str | None,
        PlainValidator(_source),
        WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string"}, {"type": "null"}]}),
    ] = 0
    width: Annotated[int, Field(ge=160, le=7680)] = 1280
    height: Annotated[int, Field(ge=120, le=4320)] = 720
    fps: Annotated[int, Field(ge=1, le=120)] = 30
    format: Literal["MJPG", "YUYV", "NV12", "YU12"] = "MJPG"
    region: RegionSettings = RegionSettings()
    rotate: Literal[0, 90, 180, 270] = 0
    mirror: bool = True
    at_end: Literal["hold", "loop", "exit"] = "hold"
    lost_after: Interval = timedelta(seconds=2)
    exposure: Exposure = "auto"
    gain: AutomaticOr = "auto"
    focus: AutomaticOr = "auto"
    power_line: Literal[50, 60] | None = 50
    still_after: Interval | None = timedelta(seconds=3)


class UsbScannerSettings(_Group):
    device: Annotated[
        str | None,
        PlainValidator(_usb_scanner),
        WithJsonSchema({"anyOf": [{"const": "auto"}, {"type": "string", "pattern": "^/"}, {"type": "null"}]}),
    ] = None


class ReaderSettings(_Group):
    forget_after: Interval = timedelta(milliseconds=1500)
    bar_codes: bool = True


class PinsSettings(_Group):
    factory: Literal["lgpio", "mock"] = "lgpio"
    chip: Annotated[int, Field(ge=0, le=31)] = 0


class RelaySettings(_Group):
    pin: Pin | None = 17
    active: Level = "high"


class ContactSettings(_Group):
    pin: Pin | None = None
    open: Level = "high"


class DoorSettings(_Group):
    relay: RelaySettings = RelaySettings()
    release: Interval = timedelta(seconds=5)
    maximum_on: Interval = timedelta(seconds=15)
    contact: ContactSettings = ContactSettings()
    held_after: Interval = timedelta(seconds=30)


class OutputSettings(_Group):
    pin: Pin | None = None
    active: Level = "high"


class LightsSettings(_Group):
    green: OutputSettings = OutputSettings(pin=22)
    red: OutputSettings = OutputSettings(pin=27)


class ButtonSettings(_Group):
    pin: Pin | None = None
    pressed: Level = "low"


class ButtonsSettings(_Group):
    rex: ButtonSettings = ButtonSettings()
    accept_proof: ButtonSettings = ButtonSettings()


class ScreenSettings(_Group):
    enabled: bool = True
    fullscreen: bool = True
    width: Annotated[int, Field(ge=320, le=7680)] = 800
    height: Annotated[int, Field(ge=320, le=7680)] = 480
    languages: Annotated[tuple[Language, ...], AfterValidator(_languages)] = Field(
        default=("kk", "ru", "en"), strict=False
    )
    sounds: bool = True
    volume: Annotated[int, Field(ge=0, le=100)] = 80


class TimesSettings(_Group):
    granted: Interval = timedelta(seconds=4)
    denied: Interval = timedelta(seconds=6)
    notice: Interval = timedelta(seconds=3)
    least: Interval = timedelta(seconds=1)


class LogSettings(_Group):
    level: Literal["debug", "info", "warning", "error"] = "info"


class Settings(_Group):
    """Everything that a technician sets in kiosk.yaml."""

    venue: VenueSettings
    admission: FilePath = Field(default=Path("admission.yaml"), validate_default=True)
    central: CentralSettings
    credentials: CredentialSettings = CredentialSettings()
    cache: CacheSettings = CacheSettings()
    clock: ClockSettings = ClockSettings()
    storage: StorageSettings = StorageSettings()
    camera: CameraSettings = CameraSettings()
    usb_scanner: UsbScannerSettings = UsbScannerSettings()
    reader: ReaderSettings = ReaderSettings()
    pins: PinsSettings = PinsSettings()
    door: DoorSettings = DoorSettings()
    lights: LightsSettings = LightsSettings()
    buzzer: OutputSettings = OutputSettings()
    buttons: ButtonsSettings = ButtonsSettings()
    screen: ScreenSettings = ScreenSettings()
    times: TimesSettings = TimesSettings()
    log: LogSettings = LogSettings()
