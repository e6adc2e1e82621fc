"""When a frame was captured: pure. A driver's own time is best; without one, how long the reader waited tells it."""

_CLOCK_SLACK_S = 0.005
_CAN_NOT_BE_S = 0.5
_DISTRUST_AFTER = 3


class FrameTimes:
    """Judges frame after frame of one source. All times are monotonic seconds.

    period_s: between two frames. queue: how many frames at most lie ready while nobody reads; None: any number.

    A reader that had to wait for a frame has a fresh one: nothing lay ready. A frame that lay ready may be old, since
    the program, the machine or the network stood still meanwhile: it is taken for as old as it can be.
    """

    def __init__(self, opened_at: float, period_s: float, queue: int | None = None) -> None:
        self._opened_at, self._period_s, self._queue = opened_at, period_s, queue
        self._read_at: float | None = None
        self._captured_at = opened_at
        self._doubts = 0

    def captured_at(self, began_at: float, ended_at: float, stamp: float | None = None) -> float:
        """When the frame was captured that a call gave which lasted from `began_at` to `ended_at`.

        stamp: the driver's own time for it, or None. Never later than `ended_at`, never before the frame before.
        """
        is_fresh = ended_at - began_at >= self._period_s / 3 or self._read_at is None
        if (
            stamp is not None
            and self._opened_at <= stamp <= ended_at + _CLOCK_SLACK_S
            and self._believes(stamp, ended_at, is_fresh=is_fresh)
        ):
            captured_at = min(stamp, ended_at)
        elif is_fresh:
            captured_at = ended_at
        else:
            # A queue of few frames has been filled since the last reading; an endless one goes on where it was.
            since = self._captured_at if self._queue is None or self._read_at is None else self._read_at
            captured_at = min(ended_at, since + self._period_s)
        self._read_at, self._captured_at = ended_at, max(captured_at, self._captured_at)
        return self._captured_at

    def _believes(self, stamp: float, ended_at: float, *, is_fresh: bool) -> bool:
        """Frames that were waited for and are old by their stamp: that driver's clock is another one."""
        if is_fresh:
            self._doubts = self._doubts + 1 if ended_at - stamp > _CAN_NOT_BE_S else 0
        return self._doubts < _DISTRUST_AFTER
