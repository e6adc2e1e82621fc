"""What visitors and venue staff see and hear."""
