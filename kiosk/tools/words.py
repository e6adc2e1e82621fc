"""What would make a code readable, as it is told to a technician."""

HINTS = {
    "closer": "come closer, its modules are too small",
    "hold_still": "hold it still, it is blurred",
    "brighter": "more light, or a brighter phone screen",
}
