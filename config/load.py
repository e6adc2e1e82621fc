"""Reading a whole configuration: kiosk.yaml and the admission file that it names, with every problem of both."""

import re
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from config.admission import AdmissionRules
from config.checks import check_category, check_near_home, check_settings
from config.explain import explain
from config.model import Settings
from config.problems import ConfigurationError, Keys, Problem
from config.source import Source, read_source

_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration that is in order. Paths in it are resolved against the folder of `path`."""

    settings: Settings
    admission: AdmissionRules
    path: Path


def load(path: Path) -> Loaded:
    """Read a configuration; raises ConfigurationError with every problem."""
    loaded, problems = _read(path)
    if loaded is None or problems:
        raise ConfigurationError(problems)
    return loaded


def check(path: Path) -> tuple[Problem, ...]:
    """Every problem of a configuration, kiosk.yaml's first, each file's by place. Empty: all is well."""
    return _read(path)[1]


def shipped(name: str) -> Path:
    """The path of a YAML file that comes with the program: `kiosk.yaml` or `admission.yaml`."""
    return Path(str(files("config").joinpath(name)))


def json_schema() -> dict[str, Any]:
    """The JSON Schema of kiosk.yaml for editors; each option is described by its comment in the shipped file."""
    schema = Settings.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "Ashyq Kiosk configuration"
    for keys, comment in comments(read_source(shipped("kiosk.yaml"))).items():
        properties = schema["properties"]
        for key in keys[:-1]:
            group = properties[key]
            reference = group.get("$ref") or group["allOf"][0]["$ref"]
            properties = schema["$defs"][reference.rsplit("/", 1)[-1]]["properties"]
        properties[keys[-1]].setdefault("description", comment)
    return schema


def comments(source: Source) -> dict[Keys, str]:
    """The comment beside each option of a file."""
    lines = source.text.split("\n")
    found = {}
    for keys, place in source.key_places.items():
        match = re.search(r"(?:^|\s)#\s*(.*)$", lines[place.line - 1])
        if match:
            found[keys] = match[1].strip()
    return found


def _read(path: Path) -> tuple[Loaded | None, tuple[Problem, ...]]:
    source = read_source(path)
    check_settings(source)
    settings = _validated(source, Settings, path.parent)
    admission_path = _admission_path(source, settings)
    problems = source.problems
    admission = None
    if admission_path is not None:
        rules = read_source(admission_path)
        if rules.values is None and len(rules.problems) == 1 and rules.problems[0].place.line == 1 and not rules.text:
            # Nothing in that file has a place: the option that names it is what must be mended.
            unread = rules.problems[0]
            keys = ("admission",)
            source.add(source.place(keys), keys, f"{admission_path}: {unread.what}", unread.expected)
        else:
            check_near_home(rules)
            admission = _validated(rules, AdmissionRules, admission_path.parent)
            categories = (rules.values or {}).get("categories")
            if isinstance(categories, dict):
                check_category(source, list(categories), admission_path)
            problems = [*source.problems, *sorted(rules.problems, key=_by_place)]
    ordered = [*sorted(source.problems, key=_by_place), *problems[len(source.problems) :]]
    if settings is None or admission is None:
        return None, tuple(ordered)
    return Loaded(settings, admission, path), tuple(ordered)


def _by_place(problem: Problem) -> tuple[int, int]:
    return problem.place.line, problem.place.column


def _validated(source: Source, model: type[_Model], folder: Path) -> _Model | None:
    if source.values is None:
        return None
    try:
        return model.model_validate(source.values, context={"folder": folder.absolute()})
    except ValidationError as error:
        explain(source, error, model)
        return None


def _admission_path(source: Source, settings: Settings | None) -> Path | None:
    """Where the admission file is, even if other options are wrong; None when that can't be said."""
    if source.values is None:
        return None
    written = source.values.get("admission", "admission.yaml")
    if not isinstance(written, str) or not written.strip() or "\x00" in written:
        return None
    if settings is not None:
        return settings.admission
    return source.file.parent / written
