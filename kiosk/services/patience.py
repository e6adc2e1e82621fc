"""How long central asks not to be asked."""

from kiosk.core.ports import CentralError


def patience_of(error: CentralError, longest_s: float) -> float:
    """Seconds, from an error that carries them (`retry_after_s`), else 0; at most `longest_s`: central may slip."""
    return min(float(getattr(error, "retry_after_s", None) or 0.0), longest_s)
