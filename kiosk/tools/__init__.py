"""What a technician runs by hand: the terminal's own reader over files, and the camera while it is being mounted."""
