"""`ashyq-kiosk pass`: keys, references and passes on the command line, for an issuing office and for trials."""

import os
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal, NoReturn

import typer

from kiosk.adapters import issuing
from kiosk.adapters.keys import KeySet
from kiosk.adapters.passes import PassVerifier
from kiosk.core.credential import (
    PassClaims,
    PassProblem,
    PassTime,
    SignedPass,
    VisitorReference,
    format_reference,
    parse_reference,
    pass_time,
)

_PICTURES = (".png", ".svg")
_QUIET_ZONE_MODULES = 4
_MODULE_PX = 8
_UNITS = {"min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_TELL = {
    PassProblem.FORGED: "forged: the signature does not fit the key that the pass names",
    PassProblem.KEY_UNKNOWN: "signed with a key that is not in the key set, or not in use at present",
    PassProblem.DAMAGED: "damaged: not the form of a pass; was all of it copied?",
}

pass_app = typer.Typer(
    help="Make and check signed passes and printed references. A pass expires; a reference does not.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # locals hold keys and references
)

ReferenceOption = Annotated[
    str, typer.Option("--reference", help="The visitor reference: ASHYQ: and 27 characters (see new-reference).")
]
KeyOption = Annotated[Path, typer.Option("--key", help="The issuer's private key (see new-key).")]
PictureOption = Annotated[
    Path | None, typer.Option("--out", help="Draw the QR code into this file: .png or .svg. Needs segno.")
]
TimeOption = Annotated[str | None, typer.Option(help="ISO 8601 with time zone, such as 2021-04-14T09:00:00+05:00.")]


@pass_app.command("new-key")
def new_key(
    out: Annotated[Path, typer.Option(help="File for the private key; made readable to you alone.")] = Path(
        "issuer-key.json"
    ),
    public: Annotated[
        Path | None,
        typer.Option(help="File for the public key set that central and terminals need; printed without this."),
    ] = None,
    key_id: Annotated[
        str | None, typer.Option(help="At most 8 characters, so that passes stay short; made up without this.")
    ] = None,
) -> None:
    """Make a key that passes are signed with. Files that exist are never overwritten."""
    try:
        private = issuing.new_key(key_id)
    except ValueError as error:
        _bad_data(str(error))
    for file in (out, public):
        if file is not None and file.exists():
            _bad_configuration(f"{file} exists already; name another file, so that no key is lost")
    public_set = issuing.public_key_set([private])
    _write_new(out, private, mode=0o600)
    typer.echo(f"private key: {out} (keep it secret)", err=True)
    if public is None:
        typer.echo(public_set)
    else:
        _write_new(public, public_set, mode=0o644)
        typer.echo(f"public key set: {public} (credentials.keys_file of a terminal, --keys of central)", err=True)


@pass_app.command("new-reference")
def new_reference(
    count: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many; one a line.")] = 1,
) -> None:
    """Make visitor references: pseudonyms of 128 random bits, in the form that is printed."""
    for _ in range(count):
        typer.echo(format_reference(issuing.new_reference()))


@pass_app.command("issue")
def issue(
    key: KeyOption,
    reference: ReferenceOption,
    expires_in: Annotated[str, typer.Option(help="From the issue on: a number and min, h or d.")] = "30 d",
    issued_at: TimeOption = None,
    expires_at: TimeOption = None,
    language: Annotated[
        Literal["kk", "ru", "en"] | None, typer.Option(help="The visitor's language, for the screen.")
    ] = None,
    out: PictureOption = None,
) -> None:
    """Sign a pass and print its text. --expires-at goes before --expires-in; the time of issue is now if not given."""
    who = _reference(reference)
    begins = datetime.now(UTC) if issued_at is None else _time(issued_at, "--issued-at")
    try:
        ends = begins + _duration(expires_in) if expires_at is None else _time(expires_at, "--expires-at")
    except OverflowError:
        _bad_data(f"--expires-in {expires_in!r} leads beyond the calendar")
    try:
        signed = issuing.issue(who, _read(key).decode("utf-8"), begins, ends, language)
    except UnicodeDecodeError:
        _bad_configuration(f"{key} is no text; expected a private key made by: ashyq-kiosk pass new-key")
    except ValueError as error:
        _bad_data(str(error))
    if out is not None:
        _draw(signed.text, out)
    typer.echo(signed.text)


@pass_app.command("print")
def print_reference(
    reference: ReferenceOption, out: Annotated[Path, typer.Option(help="The picture: .png or .svg. Needs segno.")]
) -> None:
    """Draw the QR code of a printed pass: a bare reference, for visitors without a phone; it never expires."""
    _draw(format_reference(_reference(reference)), out)
    typer.echo(f"{out}", err=True)


@pass_app.command("verify")
def verify(
    keys: Annotated[Path, typer.Option(help="The public key set.")],
    text: Annotated[str, typer.Argument(help="The text of the pass, in quotes; - reads it from standard input.")],
) -> None:
    """Say whether a pass is genuine and in its time, without naming the visitor. Exit status: 0 it is, 65 it is not."""
    try:
        key_set = KeySet.from_jwks(_read(keys))
    except ValueError as error:
        _bad_configuration(f"{keys}: {error}")
    now = datetime.now(UTC)
    shown = sys.stdin.readline().rstrip("\r\n") if text == "-" else text
    claims = PassVerifier(key_set, lambda: now).verify(SignedPass(shown))
    if not isinstance(claims, PassClaims):
        _bad_data(_TELL[claims])
    state = pass_time(claims, now, timedelta(0))
    typer.echo(
        f"genuine: key {claims.key_id}, issued {claims.issued_at.isoformat()}, "
        f"expires {claims.expires_at.isoformat()}, language {claims.language or 'none'}"
    )
    if state is not PassTime.VALID:
        _bad_data("expired" if state is PassTime.EXPIRED else "not yet valid")


def _reference(text: str) -> VisitorReference:
    reference = parse_reference(text)
    if reference is None:
        _bad_data("--reference: not a visitor reference, or mistyped; make one with: ashyq-kiosk pass new-reference")
    return reference


def _time(text: str, option: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        _bad_data(f"{option} {text!r}: expected ISO 8601 with time zone, such as 2021-04-14T09:00:00+05:00")
    return time


def _duration(text: str) -> timedelta:
    found = re.fullmatch(r"\s*(\d{1,9})\s*(min|h|d)\s*", text, re.ASCII)
    if found is None:
        _bad_data(f"--expires-in {text!r}: expected a number and min, h or d, such as 30 d")
    return int(found[1]) * _UNITS[found[2]]


def _draw(text: str, out: Path) -> None:
    if out.suffix.lower() not in _PICTURES:
        _bad_data(f"--out {out}: expected a name that ends in {' or '.join(_PICTURES)}")
    try:
        import segno  # noqa: PLC0415  # optional: terminals draw no codes
    except ImportError:
        _bad_configuration("drawing QR codes needs segno: pip install 'ashyq-kiosk[issue]'")
    try:
        # Level M: paper gets creased, and a higher level makes the modules too small for cheap cameras.
        segno.make_qr(text, error="m", boost_error=False).save(str(out), scale=_MODULE_PX, border=_QUIET_ZONE_MODULES)
    except OSError as error:
        _bad_configuration(f"{out} can't be written: {error.strerror}")


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        _bad_configuration(f"{file} can't be read: {error.strerror}")


def _write_new(file: Path, text: str, *, mode: int) -> None:
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode), "w") as stream:
            stream.write(text + "\n")
    except OSError as error:
        _bad_configuration(f"{file} can't be written: {error.strerror}")


def _bad_data(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(os.EX_DATAERR)


def _bad_configuration(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(os.EX_CONFIG)
