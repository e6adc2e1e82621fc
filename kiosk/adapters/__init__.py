"""The outside world: central over HTTP, SQLite, signatures, clocks."""
