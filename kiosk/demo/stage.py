"""What a demonstration stands on: people, keys, a central on loopback, and each terminal's configuration."""

import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

from config import shipped
from kiosk.adapters.issuing import issue, new_key, new_reference, public_key_set
from kiosk.central.app import create_app
from kiosk.central.database import Database
from kiosk.central.running import RunningCentral
from kiosk.central.tables import Person as Row
from kiosk.contract import KeySet
from kiosk.core.credential import VisitorReference, format_reference
from kiosk.demo.calendar import Calendar
from kiosk.demo.script import AREA, PEOPLE, Act, Scene
from kiosk.demo.watch import has_screen
from kiosk.sealing import new_private_key, private_key_of, public_jwk


@dataclass(frozen=True)
class Stage:
    """Everything that the acts share. forger_key has the name of `key`, and is another one."""

    folder: Path
    references: dict[str, VisitorReference]
    key: str
    forger_key: str
    public_keys: str
    sealing_key: str
    token_file: Path
    database: Database
    central: RunningCentral
    calendar: Calendar
    calendar_file: Path

    def payload(self, scene: Scene) -> str:
        """What the code of a scene holds."""
        reference, language = self.references[scene.person.name], scene.person.language
        now, day = datetime.now(UTC), timedelta(days=1)
        match scene.shown:
            case "reference":
                return format_reference(reference)
            case "link":
                return "https://example.kz/menu"
            case "expired pass":
                return issue(reference, self.key, now - 9 * day, now - 2 * day, language).text
            case "forged pass":
                return issue(reference, self.forger_key, now - day, now + day, language).text
            case "pass":
                return issue(reference, self.key, now - day, now + (scene.day + 1) * day, language).text

    def publish(self, **changed: str) -> None:
        """Let central know everybody, some with another status than in the script: by name."""
        now = self.calendar.now().isoformat()
        self.database.replace_people(
            Row(
                reference=format_reference(self.references[person.name]),
                status=changed.get(person.name, person.status),
                as_of=now,
                valid_until=None,
                home_area=person.home_area,
            )
            for person in PEOPLE
            if person.status is not None
        )

    def write_config(self, act: Act, folder: Path, camera: int | str, **more: dict[str, object]) -> Path:
        """A terminal's configuration, as a technician would write it. more: groups of options, merged into it."""
        values: dict[str, dict[str, object]] = {
            "venue": {"name": "Ashyq demo", "category": act.category, "area": AREA, "zone": "green"},
            "central": {
                "url": self.central.url,
                "token_file": str(self.token_file),
                "send_interval": "500 ms",
                "probe_interval": "1 s",
            },
            "storage": {"path": str(folder / "kiosk.db")},
            "camera": {"source": camera},
            "pins": {"factory": "mock"},
            "door": {"release": "2 s"},
            "screen": {"fullscreen": False, "width": 800, "height": 480, "sounds": has_screen()},
            "times": {"granted": "2500 ms", "denied": "2500 ms", "notice": "2500 ms"},
        }
        for group, options in more.items():
            values[group] = {**values.get(group, {}), **options}
        path = folder / "kiosk.yaml"
        path.write_text(
            yaml.safe_dump(
                {**values, "admission": str(shipped("admission.yaml"))}, allow_unicode=True, sort_keys=False
            ),
            encoding="utf-8",
        )
        return path


def build_stage(folder: Path) -> Stage:
    """Make keys, token and people, and start central."""
    key, forger_key = new_key("demo"), new_key("demo")
    token = secrets.token_urlsafe(32)
    token_file = folder / "central-token"
    token_file.touch(0o600)
    token_file.write_text(token + "\n", encoding="ascii")
    database = Database(f"sqlite:///{folder / 'central.db'}")
    database.register("entrance-1", token)
    references = {person.name: new_reference() for person in PEOPLE}
    calendar_file = folder / "calendar"
    calendar = Calendar(calendar_file)
    calendar.turn(days=0)
    public_keys = public_key_set([key])
    keys = KeySet.model_validate_json(public_keys)
    private_key = private_key_of(new_private_key())
    sealing_key = json.dumps(public_jwk(private_key))
    central = RunningCentral(create_app(database, keys, private_key), calendar.now)
    stage = Stage(
        folder,
        references,
        key,
        forger_key,
        public_keys,
        sealing_key,
        token_file,
        database,
        central,
        calendar,
        calendar_file,
    )
    stage.publish()
    central.start()
    return stage
