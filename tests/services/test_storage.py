"""The storage alarm: in time, once, and not coming and going."""

import shutil
from pathlib import Path

import pytest

from kiosk.services.storage import StorageWatch, has_room, used_percent


def told_for(*percents: int | OSError) -> list[int | None]:
    """What is told while the card is so full, look after look."""
    left, told = list(percents), list[int | None]()

    def measure() -> int:
        found = left.pop(0)
        if isinstance(found, OSError):
            raise found
        return found

    watch = StorageWatch(measure, told.append)
    for _ in percents:
        watch.look()
    return told


@pytest.mark.parametrize(
    ("percents", "told"),
    [
        ((0, 50, 79), []),
        ((79, 80, 80, 85), [80, 85]),
        ((80, 79, 78, 77), [80, 79, 78, None]),
        ((89, 90, 89, 88, 87), [89, 90, 89, 88, 87]),
        ((95, 10, 10), [95, None]),
        ((80, 77, 79, 80), [80, None, 80]),
        ((81, OSError(5, "gone"), 81, 82), [81, 82]),
    ],
)
def test_alarms(percents: tuple[int | OSError, ...], told: list[int | None]) -> None:
    """From 80 % on, until it is 2 % below; a card that can't be measured changes nothing."""
    assert told_for(*percents) == told


def test_levels_are_logged_once(capsys: pytest.CaptureFixture[str]) -> None:
    """A warning at 80 %, an error at 90 %, and a word when there is room again."""
    told_for(80, 84, 91, 92, 89, 87, 86, 70)
    lines = capsys.readouterr().out
    assert lines.count("storage_fills_up") == 2
    assert lines.count("storage_almost_full") == 1
    assert lines.count("storage_has_room") == 1


def test_room_for_more_than_visits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This card has it; one with its last 60 MB has not; one that can't be measured is no reason to wait."""
    assert has_room(tmp_path)
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=60 << 20))
    assert not has_room(tmp_path)
    monkeypatch.undo()
    assert has_room(tmp_path / "gone")


def test_a_real_card(tmp_path: Path) -> None:
    """What is measured is the share that `df` shows, and a folder that is gone is an OSError."""
    usage = shutil.disk_usage(tmp_path)
    assert abs(used_percent(tmp_path) - usage.used * 100 / (usage.used + usage.free)) <= 2
    with pytest.raises(FileNotFoundError):
        used_percent(tmp_path / "gone")
