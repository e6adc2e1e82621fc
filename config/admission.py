"""The typed admission rules. Field for field what config/admission.yaml shows, where each is explained."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from config.model import Zone

Status = Literal["red", "yellow", "blue", "green"]


class CategoryRules(BaseModel):
    """Whom one venue category admits."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    admits: tuple[Status, ...] = Field(strict=False)
    near_home: tuple[Status, ...] = Field(default=(), strict=False)
    pcr_compulsory: bool = False
    zones: tuple[Zone, ...] = Field(default=("green", "yellow", "red"), strict=False)
    starts: date | None = None


class AdmissionRules(BaseModel):
    """The rules of every venue category, by name."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    categories: dict[str, CategoryRules] = Field(min_length=1)
