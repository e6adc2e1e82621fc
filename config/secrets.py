"""Secrets: from a file or a systemd credential that the configuration names, never from the configuration itself."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from config.model import CentralSettings

_MAX_BYTES = 4096


class SecretError(OSError):
    """A secret can't be had; the message names the place and the way out, never the secret."""


def read_secret(central: CentralSettings, environment: Mapping[str, str] = os.environ) -> str:
    """This terminal's token for central; raises SecretError."""
    if central.token_file is not None:
        return _read(central.token_file, "central.token_file", check_mode=True)
    folder = environment.get("CREDENTIALS_DIRECTORY")
    if folder is None:
        raise SecretError(
            "central.token_credential: systemd passed no credential; put "
            f"LoadCredential={central.token_credential}:FILE into the unit, or use central.token_file"
        )
    # systemd itself makes credentials readable to the service alone.
    return _read(Path(folder) / str(central.token_credential), "central.token_credential", check_mode=False)


def _read(path: Path, option: str, *, check_mode: bool) -> str:
    try:
        with path.open("rb") as stream:
            mode = os.fstat(stream.fileno()).st_mode
            data = stream.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        raise SecretError(f"{option}: no such file: {path}; put the token into it, mode 600") from None
    except IsADirectoryError:
        raise SecretError(f"{option}: {path} is a folder; name the file in it") from None
    except OSError as error:
        raise SecretError(f"{option}: {path} can't be read: {error.strerror}") from None
    if check_mode and mode & (stat.S_IROTH | stat.S_IWOTH):
        raise SecretError(f"{option}: everybody may read {path}; run: chmod 600 {path}")
    try:
        secret = data.decode("ascii").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise SecretError(f"{option}: {path} holds more than ASCII letters; a token is expected") from None
    if not secret.strip() or len(data) > _MAX_BYTES:
        raise SecretError(f"{option}: {path} is empty or too large; one line with the token is expected")
    if not secret.isprintable() or " " in secret:
        raise SecretError(f"{option}: {path} holds more than one line or a space; one token is expected")
    return secret
