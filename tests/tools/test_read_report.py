"""What is told of a frame, to people and to programs."""

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from hardware.symbols import Located, Symbol
from kiosk.tools.read_report import FrameRead, Total, as_json, error_as_json, place, text

CORNERS = st.tuples(*[st.tuples(st.integers(-10, 9999), st.integers(-10, 9999))] * 4)
SYMBOLS = st.builds(
    Symbol, st.binary(max_size=60), st.sampled_from(["qr", "bar"]), st.sampled_from(["zxing", "zbar"]), CORNERS,
    st.sampled_from(["whole", "grid", "fused"]),
)  # fmt: skip
LOCATED = st.builds(Located, CORNERS, st.sampled_from([None, "closer", "hold_still", "brighter"]))
NAMES = st.text(st.characters(exclude_characters="/\0"), min_size=1, max_size=20)
READ = st.builds(
    FrameRead,
    NAMES.map(Path),
    st.none() | st.integers(1, 10**6),
    st.lists(SYMBOLS, max_size=3).map(tuple),
    st.none() | LOCATED,
    st.floats(0, 1e6),
    st.lists(st.just("zxing: RuntimeError"), max_size=1).map(tuple),
)


@given(READ)
def test_json_holds_everything_on_one_line(read: FrameRead) -> None:
    """Payloads come back byte for byte, whatever is in them and in the file's name."""
    line = json.dumps(as_json(read))
    assert line.isascii()
    assert len(line.splitlines()) == 1
    told = json.loads(line)
    assert [bytes.fromhex(symbol["payload"]) for symbol in told["symbols"]] == [one.payload for one in read.symbols]
    assert [symbol["corners"] for symbol in told["symbols"]] == [[list(c) for c in one.corners] for one in read.symbols]
    assert (told["located"] is None) == (read.located is None)
    assert ("error" in told) == bool(read.failures)
    assert told.keys() - {"error"} == error_as_json(read.file, read.number, "why").keys() - {"error"}


@given(READ)
def test_people_are_told_every_payload_step_and_place(read: FrameRead) -> None:
    """And where there is none, that; nothing in a file's name moves the cursor of a terminal."""
    told = text(read)
    assert all(line.isprintable() for line in told.split("\n"))
    for symbol in read.symbols:
        assert symbol.payload.hex() in told
        assert f"step {symbol.step}, decoder {symbol.reader}" in told
        assert ",".join(map(str, symbol.corners[2])) in told
    assert ("nothing found" in told) == (not read.symbols and read.located is None)
    assert ("can't be read" in told) == (read.located is not None)


@given(NAMES, st.none() | st.integers(1, 99))
def test_a_place_is_printable(name: str, number: int | None) -> None:
    """Also of a name that is no text at all."""
    assert place(Path(name), number).isprintable()
    assert place(Path("a\udcff\n"), None) == "a\\udcff\\n"


def test_the_sum_counts_frames_payloads_and_time() -> None:
    """Mean and median of the CPU time, and each payload once."""
    total = Total()
    symbol = Symbol(b"one", "qr", "zxing", ((0, 0),) * 4)
    for cpu_ms, symbols in ((1.0, (symbol,)), (2.0, (symbol,)), (9.0, ())):
        total.add(FrameRead(Path("film"), 1, symbols, None, cpu_ms))
    total.unreadable()
    assert total.text() == (
        "3 frames, 2 with a code, 0 with one that can't be read, 1 different payload, 1 error, "
        "CPU time per frame: mean 4.0 ms, median 2.0 ms"
    )
    assert "CPU" not in Total().text()
