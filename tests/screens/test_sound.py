"""The loudspeaker's tunes."""

import wave
from importlib.resources import files
from pathlib import Path

import pytest

from kiosk.core.views import Sound
from kiosk.screens.sound import TUNES, write_tune


def test_every_sound_has_a_tune_of_its_own() -> None:
    """Whoever can't see the screen hears the difference."""
    assert set(TUNES) == {sound.value for sound in Sound}
    assert len(set(TUNES.values())) == len(TUNES)


@pytest.mark.parametrize("name", TUNES)
def test_what_is_shipped_is_what_is_written_down(name: str, tmp_path: Path) -> None:
    """The WAV files come from the tunes, last no longer than a verdict, and are not cut at full volume."""
    write_tune(tmp_path / "tune.wav", TUNES[name])
    shipped = Path(str(files("kiosk.screens").joinpath("sounds", f"{name}.wav")))
    assert shipped.read_bytes() == (tmp_path / "tune.wav").read_bytes(), "run: python -m kiosk.screens.sound"
    with wave.open(str(shipped)) as sound:
        assert 0.05 <= sound.getnframes() / sound.getframerate() <= 1.0
