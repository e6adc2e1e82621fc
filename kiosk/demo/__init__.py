"""A whole entrance on one machine: a recorded visitor video, a central, and a check of every result."""
