"""What can go wrong with hardware. Every message names the device and the way out.

HardwareError (OSError)
  +-- CameraError   no such camera, no permission, no picture
  +-- PinError      no GPIO chip, a pin that is taken, a level that can't be driven
  +-- WedgeError    a USB scanner that is not there, not permitted, taken by another program
"""


class HardwareError(OSError):
    """Base of this package's errors."""


class CameraError(HardwareError):
    """A camera can't be opened or gives no picture."""


class PinError(HardwareError):
    """A GPIO pin or its chip can't be used."""


class WedgeError(HardwareError):
    """A USB bar-code scanner can't be used, or is gone."""
