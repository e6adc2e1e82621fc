"""To be run in a mount namespace of its own: a journal on a small disk that fills up, and one that is read-only.

unshare -rm python -m tests.system.full_disk FOLDER
"""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from kiosk.adapters.store import Store
from kiosk.adapters.store_errors import StoreError
from tests.system.endless_visitors import Watched
from tests.system.journalled_entrance import JournalledEntrance, kept
from tests.system.test_run import is_relay

SIZE = "512k"


def mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)  # noqa: S607  # wherever it is


def fill(folder: Path) -> Path:
    """Take all the room that there is."""
    ballast = folder / "ballast"
    for size in (4096, 1):
        with suppress(OSError), ballast.open("ab", buffering=0) as file:
            while True:
                file.write(b"x" * size)
    return ballast


def disk_full(folder: Path) -> None:
    """Three times: nobody is let in while a visit can't be kept; with room again it goes on, and none is lost."""
    entrance = JournalledEntrance(folder / "kiosk.db")
    assert all(entrance.visitor() for _ in range(3))
    for _ in range(3):
        ballast = fill(folder)
        entrance.visitors_until_refused(1000)
        assert entrance.is_out_of_order()
        entrance.wait(2.1)
        assert entrance.is_out_of_order(), "a probe must not succeed on a full disk"
        assert entrance.store.examine() is None, "a full disk is no damage"
        ballast.unlink()
        assert entrance.goes_on()
    entrance.store.close()
    assert set(entrance.admitted) <= kept(folder / "kiosk.db")


def full_when_it_starts(folder: Path) -> None:
    """A journal that is there is opened on a full disk, too, or it is said why not; and it is whole afterwards."""
    before = kept(folder / "kiosk.db")
    ballast = fill(folder)
    with suppress(StoreError):
        Store(folder / "kiosk.db").close()
    ballast.unlink()
    assert kept(folder / "kiosk.db") == before
    assert not list(folder.glob("*.damaged-*"))


def read_only_when_it_starts(folder: Path) -> None:
    """It is said, nothing is kept aside, and all is there when it can be written again."""
    before = kept(folder / "kiosk.db")
    mount("-o", "remount,ro", str(folder))
    try:
        Store(folder / "kiosk.db")
    except StoreError as error:
        assert "storage.path" in str(error)  # noqa: PT017  # no pytest here
    else:
        raise AssertionError("opened on a read-only disk")
    mount("-o", "remount,rw", str(folder))
    assert kept(folder / "kiosk.db") == before
    assert not list(folder.glob("*.damaged-*"))


def whole_program(folder: Path, config: Path, logs: Path) -> None:
    """Prints the ids of the visits that were let in."""
    watched = Watched(config, logs)
    try:
        watched.wait_for_visitor()
        ballast = fill(folder)
        watched.now()
        failed = watched.wait_for_event("journal_failed")
        assert "full" in failed["why"]
        ballast.unlink()
        mended = watched.wait_for_event("journal_mended")
        opened = [line["timestamp"] for line in watched.program.lines() if is_relay(1)(line)]
        assert not [at for at in opened if failed["timestamp"] < at < mended["timestamp"]]
        watched.wait_for_visitor()
        watched.stop()
        print(" ".join(watched.admitted()))  # noqa: T201  # the answer
    finally:
        watched.kill()
    assert watched.admitted() <= kept(folder / "kiosk.db")


if __name__ == "__main__":
    what, disk = sys.argv[1], Path(sys.argv[2])
    mount("-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(disk))
    if what == "program":
        whole_program(disk, Path(sys.argv[3]), Path(sys.argv[4]))
    else:
        disk_full(disk)
        full_when_it_starts(disk)
        read_only_when_it_starts(disk)
