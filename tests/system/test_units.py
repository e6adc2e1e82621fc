"""The systemd units: in order by systemd's own judgement, and in agreement with the program."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from config import shipped
from kiosk.exits import Exit

SYSTEMD = Path(__file__).parents[2] / "systemd"
UNITS = sorted(path.name for path in SYSTEMD.glob("*.service"))

ANALYZE = shutil.which("systemd-analyze") or ""
needs_systemd = pytest.mark.skipif(not ANALYZE, reason="no systemd on this machine")


def settings(unit: str) -> dict[str, list[str]]:
    """Every value of every setting, sections aside."""
    found: dict[str, list[str]] = {}
    for line in (SYSTEMD / unit).read_text(encoding="utf-8").splitlines():
        if "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def runnable(unit: str, folder: Path) -> Path:
    """A copy whose programs exist on this machine, since systemd looks for them."""
    text = (SYSTEMD / unit).read_text(encoding="utf-8")
    for program in ("/opt/ashyq-kiosk/bin/ashyq-kiosk", "/usr/bin/cage"):
        text = text.replace(f"={program}", "=/bin/true")
    (folder / unit).write_text(text, encoding="utf-8")
    return folder / unit


@needs_systemd
@pytest.mark.parametrize("unit", UNITS)
def test_systemd_finds_no_fault(unit: str, tmp_path: Path) -> None:
    """No unknown setting, no value that it can't read."""
    done = subprocess.run(
        [ANALYZE, "verify", "--man=no", str(runnable(unit, tmp_path))],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    complaints = [line for line in done.stderr.splitlines() if unit in line]
    assert complaints == []


@needs_systemd
@pytest.mark.parametrize("unit", UNITS)
def test_little_is_left_open(unit: str, tmp_path: Path) -> None:
    """systemd's own measure of exposure, 0 to 100: 'OK' ends at 50, and these stay far below it."""
    done = subprocess.run(
        [ANALYZE, "security", "--offline=true", "--threshold=30", str(runnable(unit, tmp_path))],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-300:]


def test_the_terminal_is_restarted_but_not_with_a_wrong_configuration() -> None:
    """The exit status in the unit is the program's."""
    unit = settings("ashyq-kiosk.service")
    assert unit["Restart"] == ["always"]
    assert unit["RestartPreventExitStatus"] == [str(int(Exit.CONFIGURATION))]
    assert unit["ExecStopPost"][0].split()[1] == "door-rest"
    assert unit["Type"] == ["notify"]
    assert unit["NotifyAccess"] == ["all"]


def test_the_token_is_a_credential_that_the_configuration_names() -> None:
    """It is neither on the command line nor in the environment."""
    name, _, path = settings("ashyq-kiosk.service")["LoadCredential"][0].partition(":")
    shipped_central = yaml.safe_load(shipped("kiosk.yaml").read_text(encoding="utf-8"))["central"]
    assert shipped_central["token_credential"] == name
    assert shipped_central["token_file"] is None
    assert path in (SYSTEMD / "ashyq-kiosk.tmpfiles").read_text(encoding="utf-8")


def test_the_terminal_may_ask_whether_the_clock_is_right() -> None:
    """ProtectClock would forbid it; that the clock can't be set follows from the capability that is not there."""
    unit = settings("ashyq-kiosk.service")
    assert "ProtectClock" not in unit
    assert {"adjtimex", "clock_adjtime", "clock_adjtime64"} <= set(" ".join(unit["SystemCallFilter"]).split())
    assert unit["CapabilityBoundingSet"] == [""]


def test_the_terminal_may_take_usb_scanners() -> None:
    """Input devices belong to the group input, and the unit lets them through, for reading and for their lamps."""
    unit = settings("ashyq-kiosk.service")
    assert "input" in unit["SupplementaryGroups"][0].split()
    assert unit["DevicePolicy"] == ["closed"]
    assert "char-input rw" in unit["DeviceAllow"]


def test_the_scanner_process_may_shut_itself_in() -> None:
    """The unit's own filter lets it load another one, and Landlock; what it needs for that is installed."""
    unit = settings("ashyq-kiosk.service")
    allowed = set(" ".join(unit["SystemCallFilter"]).split())
    assert {"seccomp", "landlock_create_ruleset", "landlock_restrict_self"} <= allowed
    for where in ("Makefile", "systemd/README.md"):
        assert "libseccomp2" in (SYSTEMD.parent / where).read_text(encoding="utf-8")


def test_users_and_folders_agree() -> None:
    """Each unit's user is made, in the groups that its devices belong to; its state folder holds the journal."""
    users = (SYSTEMD / "ashyq-kiosk.sysusers").read_text(encoding="utf-8").split("\n")
    made = {line.split()[1] for line in users if line.startswith("u")}
    assert made == {settings(unit)["User"][0] for unit in UNITS}
    groups = {line.split()[2] for line in users if line.startswith("m")}
    assert groups == set(settings("ashyq-kiosk.service")["SupplementaryGroups"][0].split())
    storage = yaml.safe_load(shipped("kiosk.yaml").read_text(encoding="utf-8"))["storage"]["path"]
    assert storage.startswith(f"/var/lib/{settings('ashyq-kiosk.service')['StateDirectory'][0]}/")
