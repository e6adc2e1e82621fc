"""What one scanner process says, as far as it is taken: pure. A process that was taken over may say anything, as fast
as it can; nothing of that may keep the program busy, get into its log without end, or come from another time.
"""

from collections.abc import Iterator, Sequence

from hardware.scanner_child import Nonsense
from hardware.scanner_watch import RateLimit
from hardware.scanner_wire import Alive, CameraOpened, CodeLeft, Confined, Message, Sighting, decode

# A process that reads 60 pictures a second, on all of which each of its decoders fails, says 250 lines a second.
_LINES_AT_ONCE, _LINES_A_SECOND = 600, 300.0


class Hearing:
    """Takes the lines of one process, which was told to begin at `began_at`, monotonic seconds."""

    def __init__(self, began_at: float) -> None:
        self._began_at = began_at
        self._lines = RateLimit(_LINES_AT_ONCE, _LINES_A_SECOND)
        self._sightings = RateLimit(12, 5.0)  # more than visitors can show
        self._in_view = False
        self._told: set[type[Message]] = set()

    @property
    def in_view(self) -> bool:
        """Whether a code was seen, and not told to have left."""
        return self._in_view

    def messages(self, lines: Sequence[bytes], at: float) -> Iterator[Message | None]:
        """What is taken of these lines; None stands for one that makes no sense. Raises Nonsense for a flood."""
        if not self._lines.allows(at, len(lines)):
            raise Nonsense("more lines than there are pictures")
        for line in lines:
            match decode(line):
                case Sighting() as sighting:
                    if not self._is_of_now(sighting.captured_at, at) or not self._is_of_now(sighting.decoded_at, at):
                        yield None
                    elif self._sightings.allows(at):
                        self._in_view = True
                        yield sighting
                case CodeLeft() as left:
                    if self._in_view:  # what was never in view can't leave it
                        self._in_view = False
                        yield left
                case Alive(last_frame_at=float(last_frame_at)) if not self._is_of_now(last_frame_at, at):
                    yield None
                case (CameraOpened() | Confined()) as early:
                    if self._is_early(early):
                        yield early
                case message:
                    yield message

    def _is_early(self, message: CameraOpened | Confined) -> bool:
        """Whether it is said before the first picture, and once: it is believed then only."""
        if not self._told.isdisjoint((type(message), Confined)):
            return False
        self._told.add(type(message))
        return True

    def _is_of_now(self, time_s: float, at: float) -> bool:
        return self._began_at <= time_s <= at
