"""The door keeper: a process of its own that holds the door relay, so that a dead program can't leave the door open.

`python -m hardware.door_keeper SETTINGS` reads orders from standard input, one a line: `release SECONDS`, `ping`,
`lock`, `quit`. It brings the relay to rest when time is up (see hardware.keeping), on any order that it does not
understand, when its input ends because the program was killed, and on a signal. It answers `ready`, then `ok` to each
order, on the descriptor that SETTINGS names. Edges of a mock pin go to standard output as log lines, even if nobody is
left to read them.

`--rest` brings the relay to rest and leaves: for systemd, after the program has ended.
"""

import contextlib
import ctypes
import json
import os
import select
import signal
import sys
import time
from datetime import UTC, datetime
from typing import Any

from hardware import keeping
from hardware.errors import PinError
from hardware.pins import Edge, Pins

_PR_SET_PDEATHSIG = 1
_IDLE_WAIT_S = 1.0
_MAX_ORDER_BYTES = 256
LINE = "door.relay"


class Keeper:
    """Holds the relay's line at the level that the orders and the limits allow."""

    def __init__(self, settings: dict[str, Any]) -> None:
        from gpiozero import OutputDevice  # noqa: PLC0415  # after the arguments have been understood

        self._json = settings["log"] == "json"
        self._active_high = bool(settings["active_high"])
        self._limits = keeping.Limits(float(settings["maximum_on_s"]), float(settings["silence_s"]))
        self._relay = keeping.Relay()
        pins = Pins(settings["factory"], settings["chip"], self._log_edge)
        # The resting level comes with the claim: a relay must not click when the terminal starts.
        self._device = OutputDevice(
            pins.claim(LINE, settings["pin"]),
            active_high=self._active_high,
            initial_value=False,
            pin_factory=pins.factory,
        )

    def wait_s(self) -> float:
        """How long nothing will change by itself."""
        due = keeping.rests_at(self._relay, self._limits)
        return _IDLE_WAIT_S if due is None else max(0.0, due - time.monotonic())

    def tick(self) -> None:
        """Let time do its work."""
        self._become(keeping.after(self._relay, time.monotonic(), self._limits))

    def obey(self, order: str) -> bool:
        """Carry one order out; False for `quit` and for what is no order."""
        now = time.monotonic()
        match order.split():
            case ["release", seconds]:
                try:
                    self._become(keeping.release(self._relay, float(seconds), now))
                except ValueError:
                    return False
            case ["ping"]:
                self._relay = keeping.heard(self._relay, now)
            case ["lock"]:
                self.rest()
            case _:
                return False
        return True

    def rest(self) -> None:
        """Bring the relay to its resting level."""
        self._become(keeping.rest(self._relay))

    def _become(self, relay: keeping.Relay) -> None:
        self._relay = relay
        energised = relay.energised_at is not None
        if bool(self._device.value) != energised:
            self._device.value = energised

    def _log_edge(self, edge: Edge) -> None:
        """One whole line with one write, in the form of the program's own log."""
        fields: dict[str, object] = {
            "line": edge.line,
            "pin": edge.pin,
            "value": edge.value,
            "energised": bool(edge.value) == self._active_high,
            "monotonic_s": round(edge.monotonic_s, 6),
        }
        stamp = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        if self._json:
            line = json.dumps(
                {**fields, "event": "edge", "logger": "hardware.door_keeper", "level": "info", "timestamp": stamp}
            )
        else:
            line = f"{stamp} [info     ] edge " + " ".join(f"{name}={value}" for name, value in fields.items())
        with contextlib.suppress(OSError):  # nobody reads any more
            # A reader that has stalled must not stall the door: such a line is lost.
            if select.select([], [1], [], 0)[1]:
                os.write(1, line.encode("utf-8") + b"\n")


def main() -> int:
    """Keep the door until the orders end."""
    settings = json.loads(sys.argv[1])
    try:
        keeper = Keeper(settings)
    except PinError as error:
        _answer(settings.get("answers"), f"error {error}")
        sys.stderr.write(f"{error}\n")
        return 69
    if "--rest" in sys.argv:
        keeper.rest()
        return 0
    try:
        _serve(keeper, int(settings["answers"]))
    finally:
        keeper.rest()
    return 0


def _serve(keeper: Keeper, answers: int) -> None:
    # Signals are read like orders. A handler that raised could do so in the middle of bringing the relay to rest: when
    # the program is killed, the end of input and the signal of its death arrive together.
    signals, wakeup = os.pipe()
    os.set_blocking(wakeup, False)
    signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda _number, _frame: None)
    # Beside the end of input: a program that forked others which hold our input open.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    _answer(answers, "ready")
    pending = b""
    while True:
        readable = select.select([0, signals], [], [], keeper.wait_s())[0]
        keeper.tick()
        if signals in readable:
            return
        if not readable:
            continue
        data = os.read(0, 4096)
        *orders, pending = (pending + data).split(b"\n")
        for order in orders:
            if not keeper.obey(order.decode("ascii", "replace")):
                return
            _answer(answers, "ok")
        if not data or len(pending) > _MAX_ORDER_BYTES:
            return


def _answer(descriptor: int | None, text: str) -> None:
    if descriptor is not None:
        with contextlib.suppress(OSError):  # the program has gone; the end of input follows
            os.write(descriptor, text.encode("utf-8") + b"\n")


if __name__ == "__main__":
    status = 70
    try:
        status = main()
    finally:
        # Without gpiozero's own clean-up at exit, which would leave the line floating.
        os._exit(status)
