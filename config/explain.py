"""What pydantic found, in a technician's words and with its place in the file."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from config.problems import Keys, listed, path_text, suggest
from config.source import Source
from config.values import kind_of

_SECRET_WORDS = ("token", "secret", "password", "passwd")

# What pydantic calls an error, and what is expected instead.
_EXPECTED = {
    "int_type": "a whole number is expected",
    "int_from_float": "a whole number is expected",
    "bool_type": "true or false is expected",
    "string_type": "text is expected",
    "date_type": "a date such as 2021-04-14 is expected",
    "tuple_type": "a list is expected: [a, b]",
    "dict_type": "a mapping is expected: lines of the form 'option: value'",
    "model_type": "a mapping is expected: lines of the form 'option: value'",
    "string_too_short": "some text is expected",
}


def explain(source: Source, error: ValidationError, model: type[BaseModel]) -> None:
    """Add a problem to `source` for everything in `error`."""
    for detail in error.errors(include_url=False):
        keys: Keys = tuple(detail["loc"])
        if detail["type"] == "extra_forbidden":
            _unknown_option(source, keys, model)
        elif detail["type"] == "missing":
            source.add(source.key_place(keys[:-1]), keys, "missing", "this option has no default")
        else:
            what, expected, hint = _words(detail)
            source.add(source.place(keys), keys, what, expected, hint)


def is_secret(name: object) -> bool:
    """Whether an option's name says that its value must not be shown."""
    return any(word in str(name).lower() for word in _SECRET_WORDS)


def _unknown_option(source: Source, keys: Keys, model: type[BaseModel]) -> None:
    place, name = source.key_place(keys), str(keys[-1])
    siblings = [str(key[-1]) for key in option_paths(model) if key[:-1] == keys[:-1]] or _fields_at(model, keys[:-1])
    hint = suggest(name, siblings)
    if is_secret(name) and name not in siblings:
        expected = "secrets do not belong into this file: see token_file and token_credential under central"
        source.add(place, keys, "unknown option", expected)
        return
    if not hint:
        hint = next((path_text(path) for path in option_paths(model) if path[-1] == name), "")
    expected = "" if hint or not siblings else f"{listed(sorted(siblings))} is expected"
    source.add(place, keys, "unknown option", expected, hint)


def _words(detail: ErrorDetails) -> tuple[str, str, str]:
    """What is wrong, what is expected, what is probably meant."""
    kind, value = detail["type"], detail.get("input")
    context: Mapping[str, Any] = detail.get("ctx", {})
    shown = kind_of(value)
    if kind == "option":
        return context["what"], context["expected"], context["hint"]
    if kind == "literal_error":
        choices = str(context["expected"]).replace("'", "")
        hint = suggest(value, choices.replace(" or ", ", ").split(", ")) if isinstance(value, str) else ""
        return f"{shown} is not allowed here", f"{choices} is expected", hint
    if kind in ("greater_than_equal", "less_than_equal"):
        least = "at least" if kind == "greater_than_equal" else "at most"
        return f"{shown} is out of range", f"{least} {context.get('ge', context.get('le'))} is expected", ""
    if kind == "too_short":
        return "empty", "at least one entry is expected", ""
    if kind == "string_too_long":
        return "too long", f"at most {context['max_length']} letters are expected", ""
    if kind == "string_pattern_mismatch":
        return f"{shown} is not allowed here", "letters, digits, '.', '-' and '_' are expected", ""
    if kind == "bool_type" and isinstance(value, str) and value.lower() in ("yes", "on", "y", "no", "off", "n"):
        return f"{shown} is text here", _EXPECTED[kind], "true" if value.lower() in ("yes", "on", "y") else "false"
    expected = _EXPECTED.get(kind)
    if expected is None:
        return detail["msg"], "", ""
    wrong = "empty" if value == "" else f"{shown} does not belong here"
    return wrong, expected, ""


def option_paths(model: type[BaseModel], above: Keys = ()) -> Iterator[Keys]:
    """Every option of a model, groups included, as the way to it."""
    for name, field in model.model_fields.items():
        yield (*above, name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from option_paths(field.annotation, (*above, name))


def _fields_at(model: type[BaseModel], keys: Keys) -> list[str]:
    """The options of a group that stands below a free name, such as a category."""
    for field in model.model_fields.values():
        for argument in getattr(field.annotation, "__args__", ()):
            if len(keys) == 2 and isinstance(argument, type) and issubclass(argument, BaseModel):
                return list(argument.model_fields)
    return []
