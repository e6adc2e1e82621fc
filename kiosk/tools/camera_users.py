"""Which programs have a camera open: two can't use one at the same time."""

from pathlib import Path


def users_of(device: Path, proc: Path = Path("/proc")) -> tuple[str, ...]:
    """Programs that have this device open, as "name (process number)".

    Those of other users are seen by root alone. proc: where the kernel lists processes (proc(5)).
    """
    wanted = device.resolve()
    found = []
    for process in sorted(proc.glob("[0-9]*")):
        try:
            if any(_target(link) == wanted for link in (process / "fd").iterdir()):
                found.append(f"{(process / 'comm').read_text().strip()} ({process.name})")
        except OSError:  # it has ended, or is somebody else's
            continue
    return tuple(found)


def _target(link: Path) -> Path | None:
    try:
        return link.readlink()
    except OSError:
        return None
