"""The rules of the entrance: pure functions over frozen values; no I/O, no threads, no clock, no logging."""
