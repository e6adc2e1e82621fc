"""`ashyq-kiosk central`: serve the reference central."""

import os
import secrets
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NoReturn

import typer

_FIRST_TERMINAL = "entrance-1"


def central_command(
    data: Annotated[Path, typer.Option(help="People: a CSV with reference,status,as_of,valid_until,home_area.")],
    database: Annotated[
        str | None, typer.Option(help="SQLAlchemy URL, or a path. Default: central.db beside the people file.")
    ] = None,
    keys: Annotated[
        Path | None, typer.Option(help="Public keys of passes: the JWK Set that `ashyq-kiosk pass new-key` writes.")
    ] = None,
    terminal: Annotated[
        list[str] | None,
        typer.Option(help="NAME=TOKENFILE: let a terminal in by the token in that file. May be repeated."),
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8080,
    certificate: Annotated[Path | None, typer.Option(help="Certificate chain (PEM), for https.")] = None,
    private_key: Annotated[Path | None, typer.Option(help="Its private key (PEM).")] = None,
) -> None:
    """Serve the reference central status API, for demonstrations, tests and a city's pilot.

    Where no terminal is registered yet, a token is made for one called entrance-1 and written to the file central-token
    beside the database. The people file is read anew at each start.
    """
    try:
        from kiosk.central.app import create_app  # noqa: PLC0415  # optional install
        from kiosk.central.database import Database  # noqa: PLC0415
        from kiosk.central.people import PeopleError, read_people  # noqa: PLC0415
        from kiosk.central.running import server  # noqa: PLC0415
    except ModuleNotFoundError as error:
        _fail(f"{error.name} is not installed; run: pip install 'ashyq-kiosk[central]'", 69)
    from kiosk import contract  # noqa: PLC0415  # pydantic takes its time

    options = _tls(certificate, private_key)
    try:
        people = read_people(data)
    except PeopleError as error:
        _fail(str(error), 78)
    key_set = contract.KeySet(keys=[])
    if keys is not None:
        try:
            key_set = contract.KeySet.model_validate_json(keys.read_bytes())
        except (OSError, ValueError) as error:
            _fail(f"{keys}: no JWK Set of public Ed25519 keys: {error}", 78)
    folder = data.absolute().parent
    url = database if database and "://" in database else f"sqlite:///{Path(database or folder / 'central.db')}"
    opened = Database(url)
    sealing_key = _sealing_key_in(folder / "central-sealing-key.json")
    typer.echo(f"{opened.replace_people(people)} people from {data}")
    _register(opened.register, terminal or [])
    if not opened.has_terminals():
        token_file = folder / "central-token"
        token = _token_in(token_file)
        opened.register(_FIRST_TERMINAL, token)
        typer.echo(f"terminal {_FIRST_TERMINAL}: its token is in {token_file} (central.token_file)")
    scheme = "https" if certificate else "http"
    typer.echo(f"serving {scheme}://{host}:{port}  (Ctrl-C ends it)")
    server(create_app(opened, key_set, sealing_key), log_level="info", host=host, port=port, **options).run()


def _tls(certificate: Path | None, private_key: Path | None) -> dict[str, str]:
    """The server's options for https; none for http. The key may stand in the certificate's file."""
    if certificate is None:
        if private_key is not None:
            _fail("--private-key: of no use without --certificate", 78)
        return {}
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, private_key)
    except (OSError, ssl.SSLError) as error:
        _fail(f"--certificate {certificate}: no certificate (PEM) with its private key: {error}", 78)
    options = {"ssl_certfile": str(certificate)}
    return options if private_key is None else {**options, "ssl_keyfile": str(private_key)}


def _register(register: Callable[[str, str], None], terminals: list[str]) -> None:
    for entry in terminals:
        name, separator, path = entry.partition("=")
        if not separator or not name:
            _fail(f"--terminal {entry}: NAME=TOKENFILE is expected", 78)
        try:
            token = Path(path).read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            _fail(f"--terminal {name}: {path} can't be read: {error}", 78)
        if not token:
            _fail(f"--terminal {name}: {path} is empty; one line with the token is expected", 78)
        try:
            register(name, token)
        except ValueError as error:
            _fail(f"--terminal {name}: {error}", 78)


def _token_in(file: Path) -> str:
    """The token that a file holds; made and written, readable to its owner alone, where there is none."""
    if file.exists():
        return file.read_text(encoding="ascii").strip()
    token = secrets.token_urlsafe(32)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        stream.write(token + "\n")
    return token


def _sealing_key_in(file: Path) -> bytes:
    """The key that opens what terminals seal; made, readable to its owner alone, where there is none."""
    from kiosk.sealing import SealingError, new_private_key, private_key_of  # noqa: PLC0415  # heavy

    try:
        if not file.exists():
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as stream:
                stream.write(new_private_key() + "\n")
            typer.echo(f"visits are sealed to a new key: {file} (keep it: without it they can't be read)")
        return private_key_of(file.read_text(encoding="ascii"))
    except (OSError, SealingError) as error:
        _fail(f"{file}: {error}", 78)


def _fail(message: str, status: int) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(status)
