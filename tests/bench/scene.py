"""One door scene: what somebody shows, how it is held, and what light and lens do to it."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Floats = NDArray[np.float32]

WIDTH_PX, HEIGHT_PX = 1280, 720
Style = Literal["squares", "dots", "rounded"]


@dataclass(frozen=True, slots=True)
class Scene:
    """Angles in degrees; sizes in pixels of the frame, or as a share of the code's side; light in grey levels."""

    payload: bytes

    # what is shown
    error: str = "M"
    style: Style = "squares"
    dark_mode: bool = False
    logo: float = 0.0
    quiet_modules: float = 4.0
    carrier: Literal["phone", "paper"] = "phone"
    occluded: float = 0.0
    cracks: int = 0
    bend: float = 0.0

    # how it is held: the middle of the carrier as a share of the frame
    module_px: float = 6.0
    x: float = 0.5
    y: float = 0.5
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0

    # light
    dark: float = 20.0
    light: float = 225.0
    gradient: float = 0.0
    gradient_angle: float = 0.0
    glare: float = 0.0
    glare_x: float = 0.5
    glare_y: float = 0.5
    glare_size: float = 0.4
    moire: float = 0.0
    moire_period_px: float = 5.0

    # lens and sensor
    defocus_px: float = 0.0
    motion_px: float = 0.0
    motion_angle: float = 0.0
    noise: float = 2.5
    jpeg: int = 88

    background: int = 0
    """The seed of the hall behind, and of the damage to the carrier."""
