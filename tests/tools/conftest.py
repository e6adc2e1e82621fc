"""Pictures and films with codes in them."""

from pathlib import Path

import pytest

from tests.hardware.conftest import Studio


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    """Draws and films in a folder of its own."""
    folder = tmp_path / "studio"
    folder.mkdir()
    return Studio(folder)
