"""Reads hostile pictures as the scanner process does, and prints what became of it; arguments: first number, count."""

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import cv2
import numpy as np
import segno

from hardware.reader import SymbolReader
from tests.hardware.hostile_pictures import drawn, hostile_picture, odd_codes

MOST_CPU_S = 2.0
"""For one picture, with all decoders asked: a bound against running away, not a measure of speed."""


def main(first: int, count: int) -> None:
    """Each picture twice, so that every decoder has it, in both its ways."""
    cv2.setNumThreads(1)
    failures: list[str] = []
    reader = SymbolReader(on_failure=lambda decoder, error: failures.append(f"{decoder}: {error}"))
    errors: dict[str, list[str]] = {}
    slow: dict[str, float] = {}
    codes, worst_s, at = 0, 0.0, 0.0
    pictures = odd_codes().items() if count == 0 else (
        (str(number), hostile_picture(number)) for number in range(first, first + count)
    )  # fmt: skip
    for name, picture in pictures:
        sys.stdout.write(f"{name}\n")  # where it ended, if it ends
        sys.stdout.flush()
        failures.clear()
        for _ in range(2):
            at += 1.0  # all decoders are due
            began_s = time.process_time()
            try:
                codes += len(reader.read(picture, at).symbols)
            except BaseException as error:  # noqa: BLE001  # that is what is looked for
                failures.append(f"left the reader: {type(error).__name__}: {error}")
            took_s = time.process_time() - began_s
            worst_s = max(worst_s, took_s)
            if took_s > MOST_CPU_S:
                slow[name] = round(took_s, 2)
        if failures:
            errors[name] = sorted(set(failures))
    after = drawn(np.array(segno.make_qr("ASHYQ:AFTER").matrix, dtype=np.uint8))
    last = [symbol.payload.decode() for symbol in reader.read(after, at + 1.0).symbols]
    result = {"errors": errors, "slow": slow, "codes": codes, "worst_s": round(worst_s, 2), "after": last}
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
