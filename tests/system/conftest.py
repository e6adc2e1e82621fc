"""A whole entrance: central on loopback, a filmed visitor, and the real program."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.demo.script import ACTS, Act
from kiosk.demo.stage import Stage, build_stage
from kiosk.demo.video import Showing, record_video


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Central with its people, and keys that passes are signed with."""
    stage = build_stage(tmp_path_factory.mktemp("stage"))
    yield stage
    stage.central.stop()
    stage.database.close()


@pytest.fixture(scope="module")
def act() -> Act:
    """The first act: a cinema; its first scene is a visitor with a green pass."""
    return ACTS[0]


@pytest.fixture(scope="module")
def film(stage: Stage, act: Act, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One visitor with a green pass, filmed."""
    path = tmp_path_factory.mktemp("film") / "visitor.avi"
    record_video(path, [Showing(stage.payload(act.scenes[0]), "phone", hold_s=1.5, gap_s=1.0)], seed=5)
    return path


@pytest.fixture(scope="module")
def short_film(stage: Stage, act: Act, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same visitor, quickly in and out of view: to be played without end."""
    path = tmp_path_factory.mktemp("film") / "short.avi"
    record_video(path, [Showing(stage.payload(act.scenes[0]), "phone", hold_s=0.6, gap_s=0.6)], seed=5)
    return path
