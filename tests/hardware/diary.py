"""What a listener was told, in order; it can be waited for."""

import threading
from typing import Any

PATIENCE_S = 60.0


class Notes:
    """Entries of a kind and a value; whoever listens inherits it, and notes what it is told."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, Any]] = []
        self.changed = threading.Condition()

    def note(self, what: str, value: Any = None) -> None:
        with self.changed:
            self.entries.append((what, value))
            self.changed.notify_all()

    def wait_for(self, what: str, count: int = 1) -> list[Any]:
        """The values of the first `count` entries of this kind."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.of(what)) >= count, PATIENCE_S), self.entries
            return self.of(what)[:count]

    def of(self, what: str) -> list[Any]:
        return [value for name, value in self.entries if name == what]
