"""`ashyq-kiosk journal`: what the journal holds, and what becomes of visits that central refuses."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from kiosk.exits import Exit

if TYPE_CHECKING:  # heavy, and --help shall be quick
    from kiosk.adapters.journal import SqliteJournal

DEFAULT_CONFIG = Path("/etc/ashyq-kiosk/kiosk.yaml")

journal_app = typer.Typer(
    help="Look into the journal of visits, also while the terminal runs: what waits, what central refuses and why.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # locals hold visits
)

ConfigOption = Annotated[
    Path, typer.Option("--config", "-c", help="The terminal's configuration.", envvar="ASHYQ_KIOSK_CONFIG")
]


@journal_app.command("show")
def show(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Count the visits, and list those that central refuses, with its reason. No visitor is named."""
    with _opened(config) as journal:
        counts, refused = journal.counts(), journal.quarantined()
    typer.echo(f"at the door now       {counts.unsettled}")
    typer.echo(f"waiting to be sent    {counts.unsent}")
    typer.echo(f"central has           {counts.acknowledged}")
    typer.echo(f"refused by central    {counts.quarantined}")
    for visit_id, detail in refused.items():
        typer.echo(f"  {visit_id}  {detail or 'no reason given'}")
    if refused:
        typer.echo("Send them again: ashyq-kiosk journal retry. Keep them elsewhere: ashyq-kiosk journal export FILE")


@journal_app.command("retry")
def retry(
    visit: Annotated[str | None, typer.Argument(help="The id of one visit; without it all that were refused.")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Send visits again that central has refused; a running terminal does so with its next batch."""
    with _opened(config) as journal:
        count = journal.retry(visit)
    typer.echo(f"to be sent again: {count}")
    if visit is not None and count == 0:
        _fail(f"{visit}: no visit of this id was refused; see: ashyq-kiosk journal show", os.EX_DATAERR)


@journal_app.command("export")
def export(
    file: Annotated[
        Path, typer.Argument(help="A new file, readable to its owner alone. References are sealed to central.")
    ],
    *,
    everything: Annotated[bool, typer.Option("--all", help="All visits, not only those that were refused.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Write visits to a file, one JSON object a line in central's own form. The journal keeps them."""
    from kiosk.adapters.wire_visits import wire_visit  # noqa: PLC0415  # pydantic takes its time

    with _opened(config) as journal:
        refused = journal.quarantined()
        readable, unreadable = journal.visits_and_unreadable()
        left = [visit_id for visit_id in unreadable if everything or visit_id in refused]
    lines = []
    for visit in readable:
        if everything or visit.id in refused:
            try:
                lines.append(wire_visit(visit).model_dump_json() + "\n")
            except ValueError:  # of a form that central's contract does not have
                left.append(visit.id)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.writelines(lines)
            stream.flush()
            os.fsync(stream.fileno())
    except FileExistsError:
        _fail(f"{file} exists already; name another file, so that nothing is lost", os.EX_CANTCREAT)
    except OSError as error:
        _fail(f"{file} can't be written: {error.strerror}", os.EX_CANTCREAT)
    typer.echo(f"{len(lines)} visits: {file} (keep it safe)")
    for visit_id in left:
        typer.echo(f"not written, for its row can't be read: {visit_id}", err=True)


@contextmanager
def _opened(config: Path) -> Iterator["SqliteJournal"]:
    """The journal that a configuration names, beside a terminal that may be running."""
    from config import ConfigurationError, load  # noqa: PLC0415  # heavy
    from kiosk.adapters.clock import TerminalClock  # noqa: PLC0415
    from kiosk.adapters.journal import SqliteJournal  # noqa: PLC0415
    from kiosk.adapters.store import Store  # noqa: PLC0415
    from kiosk.adapters.store_errors import StoreError  # noqa: PLC0415
    from kiosk.core.ports import JournalError  # noqa: PLC0415

    try:
        settings = load(config).settings
    except ConfigurationError as error:
        _fail(str(error), Exit.CONFIGURATION)
    try:
        store = Store(settings.storage.path, beside=True)
    except StoreError as error:
        _fail(str(error), Exit.UNAVAILABLE)
    try:
        yield SqliteJournal(store, TerminalClock())
    except JournalError as error:
        _fail(str(error), Exit.UNAVAILABLE)
    finally:
        store.close()


def _fail(message: str, status: int) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(status)
