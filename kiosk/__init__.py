"""Ashyq Kiosk: the terminal at the entrance of a public venue."""

__version__ = "0.1.0"
