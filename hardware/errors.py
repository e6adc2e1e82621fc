"""What can go wrong with hardware. Every message names the device and the way out.

HardwareError (OSError)
  +-- CameraError   no such camera, no permission, no picture, a picture of the wrong kind
        +-- NoPictureYet   for seconds; the next one may come all the same
  +-- PinError      no GPIO chip, a pin that is taken, a level that can't be driven
  +-- WedgeError    a USB scanner that is not there, not permitted, taken by another program
"""

from typing import Literal

CameraFault = Literal["no_picture", "unplugged", "format", "dark", "frozen"]
"""What is wrong with a camera. With the last two there are pictures, and codes are looked for in them all the same."""


class HardwareError(OSError):
    """Base of this package's errors."""


class CameraError(HardwareError):
    """A camera can't be opened or gives no picture. fault: as the screen names it."""

    def __init__(self, why: str, fault: CameraFault = "no_picture") -> None:
        super().__init__(why)
        self.fault: CameraFault = fault


class NoPictureYet(CameraError):  # noqa: N818  # less than an error: it may be tried again
    """None has come for seconds. Another may be waited for: the camera is open."""


class PinError(HardwareError):
    """A GPIO pin or its chip can't be used."""


class WedgeError(HardwareError):
    """A USB bar-code scanner can't be used, or is gone."""
