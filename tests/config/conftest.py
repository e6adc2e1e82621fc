"""Configurations in a folder of their own."""

from collections.abc import Callable
from pathlib import Path

import pytest

from config import shipped

VENUE = "venue: {category: cinema, area: a, zone: green}\n"
CENTRAL = "central: {url: https://c.kz, token_file: token}\n"
SOUND = VENUE + CENTRAL

Write = Callable[[str | bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes kiosk.yaml beside the shipped admission.yaml and a token."""
    (tmp_path / "admission.yaml").write_bytes(shipped("admission.yaml").read_bytes())
    (tmp_path / "token").write_text("t0ken\n", encoding="ascii")
    (tmp_path / "token").chmod(0o600)

    def to_file(text: str | bytes) -> Path:
        path = tmp_path / "kiosk.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
        return path

    return to_file
