"""Files that were kept aside: a damaged database with its log, or what a start would have dropped of a log.

Each is named by the time at which it was put there; `kiosk.adapters.salvage` reads them.
"""

import os
from datetime import UTC, datetime
from pathlib import Path

from kiosk.adapters.store_log import unread_part

_PARTS = ("-wal", "-shm", "")  # a new file must never meet the old one's -wal
_STAMP = "%Y%m%dT%H%M%S.%fZ"


def keep_aside(path: Path) -> Path:
    """Move a database with its log out of the way; returns where it is. Raises OSError."""
    aside = _new_name(path)
    for suffix in _PARTS:
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    return aside


def keep_unread_log(path: Path) -> Path | None:
    """Copy what a start would drop of a log, before it does; where that is, None: nothing. Raises OSError."""
    log = path.with_name(path.name + "-wal")
    unread = unread_part(log.read_bytes()) if log.exists() else b""
    if not unread:
        return None
    aside = _new_name(path)
    # A copy that a kill leaves unfinished is one more that is read: the log itself is still there then.
    descriptor = os.open(aside.with_name(aside.name + "-wal"), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(unread)
        stream.flush()
        os.fsync(stream.fileno())
    folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return aside


def kept_aside(path: Path) -> list[Path]:
    """What was kept aside here, oldest first. A log may stand there without its database."""
    names = {file.name.removesuffix("-wal").removesuffix("-shm") for file in path.parent.glob(f"{path.name}.damaged-*")}
    return sorted(path.with_name(name) for name in names)


def put_aside_at(aside: Path) -> datetime | None:
    """When something was put aside; None: its name does not say so."""
    try:
        return datetime.strptime(aside.name.rpartition("damaged-")[2], _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


def remove_aside(aside: Path) -> None:
    """Remove all parts of what was kept aside. Raises OSError."""
    for suffix in _PARTS:
        aside.with_name(aside.name + suffix).unlink(missing_ok=True)


def _new_name(path: Path) -> Path:
    return path.with_name(f"{path.name}.damaged-{datetime.now(UTC).strftime(_STAMP)}")
