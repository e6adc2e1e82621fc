"""The buzzer: beeps in rhythms that tell each other apart."""

import threading

from gpiozero import Buzzer as Beeper

from hardware.pins import Pins

# Seconds of sound and silence in turn.
RHYTHMS: dict[str, tuple[float, ...]] = {
    "acknowledged": (0.05,),
    "granted": (0.08, 0.06, 0.2),
    "proof_needed": (0.15, 0.15, 0.15, 0.15, 0.15),
    "denied": (0.6,),
    "call_staff": (0.3, 0.1, 0.1, 0.1, 0.3),
}


class Buzzer:
    """Plays one rhythm at a time on a thread of its own; a newer one takes the place of the one before."""

    def __init__(self, pin: int | None, pins: Pins, *, active_high: bool = True) -> None:
        self._beeper: Beeper | None = None
        self._condition = threading.Condition()
        self._next: tuple[float, ...] | None = None
        self._stopping = False
        self._thread: threading.Thread | None = None
        if pin is not None:
            self._beeper = Beeper(
                pins.claim("buzzer", pin), active_high=active_high, initial_value=False, pin_factory=pins.factory
            )
            self._thread = threading.Thread(target=self._run, args=(self._beeper,), name="buzzer", daemon=True)
            self._thread.start()

    def play(self, sound: str) -> None:
        """Begin a rhythm; returns at once. ValueError for a sound that does not exist."""
        try:
            rhythm = RHYTHMS[sound]
        except KeyError:
            raise ValueError(f"there is no sound {sound!r}; there are {', '.join(RHYTHMS)}") from None
        with self._condition:
            self._next = rhythm
            self._condition.notify()

    def close(self) -> None:
        """Fall silent and give the pin back."""
        with self._condition:
            self._stopping = True
            self._condition.notify()
        if self._thread is not None:
            self._thread.join(1.0)
        if self._beeper is not None:
            self._beeper.off()
            self._beeper.close()

    def _run(self, beeper: Beeper) -> None:
        while True:
            with self._condition:
                while self._next is None and not self._stopping:
                    self._condition.wait()
                if self._stopping:
                    return
                rhythm, self._next = self._next or (), None
            for position, seconds in enumerate(rhythm):
                beeper.value = position % 2 == 0
                with self._condition:
                    if self._condition.wait_for(lambda: self._next is not None or self._stopping, seconds):
                        break
            beeper.off()
