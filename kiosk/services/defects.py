"""How an exception that nobody expected is logged: its kind and place, without its words, which may name a visitor."""

import traceback
from pathlib import Path


def describe(error: Exception) -> dict[str, str]:
    """Fields for a log line: `error`, the exception's type, and `where`, file:line:function that raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}:{frames[-1].name}" if frames else "unknown"
    return {"error": type(error).__name__, "where": where}
