"""The venue and the admission rules that apply to it, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from kiosk.core.status import Status


class Zone(StrEnum):
    """The epidemic zone of a region."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


@dataclass(frozen=True, slots=True)
class Venue:
    """The place at whose entrance the terminal stands.

    `near_areas` are further areas whose residents count as living near.
    """

    category: str
    area: str
    zone: Zone
    near_areas: frozenset[str] = frozenset()

    def is_near(self, home_area: str) -> bool:
        """Whether somebody who lives in `home_area` lives near this venue."""
        return home_area == self.area or home_area in self.near_areas


@dataclass(frozen=True, slots=True)
class CategoryRule:
    """Whom one venue category admits.

    admits: statuses that may come in; near_home: those of them that may do so only near their home;
    pcr_compulsory: blue visitors need a PCR test; zones: where the category may work at all; starts: first day.
    """

    admits: frozenset[Status]
    near_home: frozenset[Status] = frozenset()
    pcr_compulsory: bool = False
    zones: frozenset[Zone] = frozenset(Zone)
    starts: date | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """The admission rules of every venue category, by category name."""

    rules: Mapping[str, CategoryRule] = field(default_factory=dict)
