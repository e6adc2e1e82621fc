"""Exit statuses, from sysexits.h, so that systemd and scripts can tell what happened."""

from enum import IntEnum


class Exit(IntEnum):
    """Why the program ended."""

    OK = 0
    UNAVAILABLE = 69
    """A part that the terminal can't do without is missing: pins, screen, database."""
    SOFTWARE = 70
    """Something did not stop in time, or an error that should not exist."""
    CONFIGURATION = 78
    """The configuration is wrong; systemd does not try again (RestartPreventExitStatus=78)."""
