"""The status copy at the size of a city and of a country. `make bench` prints a table; it takes some minutes.

The pages are made by one process and taken by another, so that the memory measured is that of a terminal.
"""

import base64
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from kiosk.adapters.issuing import new_reference
from kiosk.adapters.status_copy import StatusCopy
from kiosk.contract import Status
from kiosk.core.credential import format_reference, parse_reference
from kiosk.status_pages import (
    SHARDS,
    Hashes,
    PageHead,
    ShardState,
    Value,
    Values,
    digest_of,
    digest_text,
    encode_page,
    hash_of,
)

pytestmark = pytest.mark.bench

KEY = bytes(32)
MEANINGS = {number: Value(status=list(Status)[number % 4], home_area=f"area/{number // 4}") for number in range(400)}
PROBES = 2000


@pytest.mark.parametrize("records", [1_100_000, 20_000_000])
def test_copy(records: int, tmp_path: Path) -> None:
    """Bytes on the wire and on disk, time to load and to apply 1 %, lookups meanwhile, memory."""
    for what in ("make", "take"):
        subprocess.run([sys.executable, __file__, what, str(tmp_path), str(records)], check=True)


def page(kind: str, hashes: Hashes, values: Values, **head: object) -> bytes:
    fields = {
        "kind": kind,
        "publication": "bench",
        "key": base64.b64encode(KEY).decode(),
        "count": len(hashes),
        "digest": digest_text(digest_of(hashes, values)),
        "values": {number: MEANINGS[number] for number in np.unique(values).tolist()},
        **head,
    }
    return encode_page(PageHead.model_validate(fields), hashes, values)


def make(folder: Path, records: int) -> None:
    """Pages of a snapshot, of its proof, and of a change of 1 %."""
    rng = np.random.default_rng(1)
    known = [format_reference(new_reference()) for _ in range(PROBES)]
    (folder / "known.json").write_text(json.dumps(known), encoding="ascii")
    known_hashes = np.array(sorted(hash_of(KEY, text) for text in known), np.uint64)
    before, after, changed = [], [], []
    for shard in range(SHARDS):
        low = rng.integers(0, 1 << 56, records // SHARDS, dtype=np.uint64) | np.uint64(shard << 56)
        hashes = np.unique(np.concatenate((low, known_hashes[known_hashes >> np.uint64(56) == shard])))
        # Most people are green or blue and need no area of their own; some hundred values take the rest.
        values = np.where(
            rng.random(len(hashes)) < 0.9, rng.integers(0, 4, len(hashes)), rng.integers(0, 400, len(hashes))
        )
        values = values.astype(np.uint32)
        cursor = f"s.{shard}" if shard < SHARDS - 1 else "d.0"
        (folder / f"{shard:03d}.page").write_bytes(
            page("snapshot", hashes, values, shard=shard, next=cursor, more=True)
        )
        old, old_values = hashes[::100], values[::100]
        new_values = np.zeros(len(old), np.uint32)
        digest = digest_of(hashes, values)
        before.append((len(hashes), digest))
        after.append((len(hashes), digest - digest_of(old, old_values) + digest_of(old, new_values)))
        changed.append(old)
    nothing = np.zeros(0, np.uint64)
    (folder / "proof.page").write_bytes(delta(nothing, "d.0", before))
    (folder / "delta.page").write_bytes(delta(np.concatenate(changed), "d.1", after))


def delta(hashes: Hashes, following: str, states: list[tuple[int, int]]) -> bytes:
    state = [ShardState(count=count, digest=digest_text(digest)) for count, digest in states]
    return page("delta", hashes, np.zeros(len(hashes), np.uint32), next=following, more=False, state=state)


def memory_mb() -> float:
    """Resident memory of this process."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def take(folder: Path, records: int) -> None:
    """What a terminal does with them."""
    known = [parse_reference(text) for text in json.loads((folder / "known.json").read_text(encoding="ascii"))]
    references = [reference for reference in known if reference is not None]
    files = sorted(folder.glob("???.page"))
    wire = sum(file.stat().st_size for file in files)
    copy = StatusCopy(folder / "statuses", lambda: datetime.now(UTC))
    memory_before, began = memory_mb(), time.perf_counter()
    for file in [*files, folder / "proof.page"]:
        copy.take(file.read_bytes())
    load_s, memory_loaded = time.perf_counter() - began, memory_mb()
    disk = sum(file.stat().st_size for file in (folder / "statuses").rglob("*") if file.is_file())

    def look(until: threading.Event, spans: list[float]) -> None:
        while not until.is_set():
            for reference in references:
                at = time.perf_counter()
                answer = copy.get(reference)
                spans.append(time.perf_counter() - at)
                assert answer is not None
                until.wait(0.001)
                if until.is_set():
                    break

    quiet: list[float] = []
    busy: list[float] = []
    over = threading.Event()
    threading.Timer(1.0, over.set).start()
    look(over, quiet)
    change = (folder / "delta.page").read_bytes()
    done = threading.Event()
    looking = threading.Thread(target=look, args=(done, busy))
    looking.start()
    began = time.perf_counter()
    copy.take(change)
    delta_s = time.perf_counter() - began
    done.set()
    looking.join()
    memory_after = memory_mb()
    disk_after = sum(file.stat().st_size for file in (folder / "statuses").rglob("*") if file.is_file())
    began = time.perf_counter()
    damaged = copy.verify()
    verify_s = time.perf_counter() - began
    assert damaged == 0
    copy.close()
    rows = {
        "on the wire": f"{wire / records:.2f} bytes a record",
        "on disk, after the snapshot / after 1 %": f"{disk / records:.2f} / {disk_after / records:.2f} bytes a record",
        "time to load": f"{load_s:.1f} s",
        "time to apply 1 %": f"{delta_s:.2f} s, {len(change) / (records / 100):.2f} bytes a change",
        "time to verify all": f"{verify_s:.1f} s",
        "lookup, quiet: p50 / p99 / longest": told(quiet),
        "lookup while 1 % is applied: p50 / p99 / longest": told(busy),
        "memory growth: load / 1 %": f"{memory_loaded - memory_before:.0f} / {memory_after - memory_before:.0f} MB",
    }
    print(f"\nStatus copy of {records:,} records")  # noqa: T201  # the result
    for name, figure in rows.items():
        print(f"  {name:<52} {figure}")  # noqa: T201  # the result


def told(spans: list[float]) -> str:
    cuts = statistics.quantiles(spans, n=100)
    return f"{cuts[49] * 1e6:.0f} / {cuts[98] * 1e6:.0f} / {max(spans) * 1e6:.0f} us of {len(spans)}"


if __name__ == "__main__":
    {"make": make, "take": take}[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))
