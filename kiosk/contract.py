"""The wire contract v1 between terminals and the central status API: the only code that both sides share.

JSON over HTTPS; a bearer token per terminal; no identifiers in URLs. The OpenAPI document made from it is checked in.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

Reference = Annotated[str, StringConstraints(pattern=r"^ASHYQ:[0-9A-HJKMNP-TV-Z]{26}[0-9A-HJKMNP-TV-Z*~$=U]$")]
"""A visitor reference in its printed form."""

MAX_VISITS_PER_BATCH = 500


class _Message(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)  # newer peers may say more


class Status(StrEnum):
    RED = "red"
    YELLOW = "yellow"
    BLUE = "blue"
    GREEN = "green"


class CheckRequest(_Message):
    """POST /v1/checks: what is this visitor's status?"""

    model_config = ConfigDict(extra="forbid", frozen=True)
    reference: Reference


class StatusRecord(_Message):
    status: Status
    as_of: AwareDatetime
    valid_until: AwareDatetime | None = None
    home_area: str | None = Field(default=None, max_length=64)


class CheckAnswer(_Message):
    """`record` is null when central knows no such visitor; `known` says so too: an empty object is no answer."""

    known: bool
    record: StatusRecord | None


class Outcome(StrEnum):
    GRANTED = "granted"
    DENIED = "denied"
    PROOF_NEEDED = "proof_needed"


class Passage(StrEnum):
    TAKEN = "taken"
    NOT_TAKEN = "not_taken"
    UNKNOWN = "unknown"


class VisitTime(StrEnum):
    TRUSTED = "trusted"
    CORRECTED = "corrected"
    """Worked out later, since the terminal's clock was not set yet."""
    GUESSED = "guessed"
    """The terminal's clock was not set; only order and distance within a boot are sure."""


class Visit(_Message):
    """One decision at an entrance. `id` makes it idempotent for ever; the terminal follows from the bearer token."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: UUID
    decided_at: AwareDatetime
    credential_kind: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,32}$")]
    reference: Reference | None
    sealed_reference: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/=]{1,400}$")] | None = None
    """Instead of `reference`: base64 of a box that central alone can open (kiosk.sealing)."""
    outcome: Outcome
    reason: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,64}$")]
    status: Status | None
    source: Annotated[str, StringConstraints(pattern=r"^(online|cache|copy)$")] | None
    confirmed_at: AwareDatetime | None
    passage: Passage
    time: VisitTime = VisitTime.TRUSTED
    boot_id: UUID | None = None
    monotonic_s: float | None = Field(default=None, allow_inf_nan=False)
    """Seconds of the boot `boot_id` at the decision: visits of one boot stand in this order and distance."""


class VisitBatch(_Message):
    """POST /v1/visits. Items are validated one by one, so that a bad one never blocks the others."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    visits: list[dict[str, object]] = Field(min_length=1, max_length=MAX_VISITS_PER_BATCH)


class ItemResult(StrEnum):
    STORED = "stored"
    DUPLICATE = "duplicate"
    """Stored before, with the same content."""
    REFUSED = "refused"
    """Never going to be stored: `detail` says why."""


class VisitItem(_Message):
    id: str
    result: ItemResult
    detail: str = ""


class VisitAnswer(_Message):
    """One result per item, in the order of the batch."""

    results: list[VisitItem]


class Key(_Message):
    """A public key as an Ed25519 JWK (RFC 8037)."""

    kty: Annotated[str, StringConstraints(pattern=r"^OKP$")] = "OKP"
    crv: Annotated[str, StringConstraints(pattern=r"^Ed25519$")] = "Ed25519"
    alg: str = "EdDSA"
    use: str = "sig"
    kid: Annotated[str, StringConstraints(min_length=1, max_length=32)]
    x: str
    nbf: int | None = None
    exp: int | None = None


class SealingKey(_Message):
    """A public key as an X25519 JWK (RFC 8037)."""

    kty: Annotated[str, StringConstraints(pattern=r"^OKP$")] = "OKP"
    crv: Annotated[str, StringConstraints(pattern=r"^X25519$")] = "X25519"
    use: str = "enc"
    x: str


class KeySet(_Message):
    """GET /v1/keys: a JWK Set (RFC 7517) of the keys that passes are signed with, and the key to seal visits to."""

    keys: list[Key]
    sealing_key: SealingKey | None = None


class Problem(_Message):
    """Every error's body (RFC 9457)."""

    title: str
    status: int
    detail: str = ""
    at: datetime | None = None
