"""The loudspeaker. A terminal without one, or with a broken one, works all the same."""

import math
import struct
import wave
from importlib.resources import files
from pathlib import Path

import structlog

_RATE_HZ = 22_050
_FADE_S = 0.008  # without it each tone begins and ends with a click

# (frequency in Hz, 0 for a rest; seconds): distinct by rhythm as well as by pitch.
TUNES: dict[str, tuple[tuple[float, float], ...]] = {
    "acknowledged": ((1320, 0.07),),
    "granted": ((880, 0.11), (1175, 0.11), (1568, 0.22)),
    "proof_needed": ((784, 0.16), (0, 0.08), (784, 0.16), (0, 0.08), (988, 0.22)),
    "denied": ((392, 0.22), (0, 0.06), (294, 0.38)),
    "call_staff": ((659, 0.12), (523, 0.12), (0, 0.1), (659, 0.12), (523, 0.12)),
}


def write_tune(path: Path, tune: tuple[tuple[float, float], ...]) -> None:
    """Write one tune as a WAV file, 16 bit, mono."""
    samples = []
    for frequency_hz, seconds in tune:
        count = int(seconds * _RATE_HZ)
        for position in range(count):
            fade = min(1.0, position / (_FADE_S * _RATE_HZ), (count - position) / (_FADE_S * _RATE_HZ))
            samples.append(int(20_000 * fade * math.sin(2 * math.pi * frequency_hz * position / _RATE_HZ)))
    with wave.open(str(path), "wb") as output:
        output.setnchannels(1)
        output.setsampwidth(2)
        output.setframerate(_RATE_HZ)
        output.writeframes(struct.pack(f"<{len(samples)}h", *samples))


class Loudspeaker:
    """Plays the tunes; on the main thread only, since Kivy's sounds belong to it."""

    def __init__(self, volume_percent: int) -> None:
        from kivy.core.audio import SoundLoader  # noqa: PLC0415  # opens the audio device

        log = structlog.get_logger(__name__)
        self._sounds = {}
        for name in TUNES:
            sound = SoundLoader.load(str(files("kiosk.screens").joinpath("sounds", f"{name}.wav")))
            if sound is None:
                log.warning("no_loudspeaker")
                break
            sound.volume = volume_percent / 100
            self._sounds[name] = sound

    def play(self, name: str) -> None:
        """Begin to play; returns at once. A newer sound cuts the one before."""
        for sound in self._sounds.values():
            if sound.state == "play":
                sound.stop()
        if name in self._sounds:
            self._sounds[name].play()


def main() -> None:
    """Write all tunes into the package: `python -m kiosk.screens.sound`."""
    folder = Path(__file__).parent / "sounds"
    folder.mkdir(exist_ok=True)
    for name, tune in TUNES.items():
        write_tune(folder / f"{name}.wav", tune)


if __name__ == "__main__":
    main()
