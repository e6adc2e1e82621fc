"""What is screwed to the wall: pins, pixels and bytes; nothing in here knows of visitors."""
