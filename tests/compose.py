"""docker-compose.yml as compose reads it: parsed, with its variables put in."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from pipelines.settings import ROOT

COMPOSE_FILE = ROOT / "docker-compose.yml"
_VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


class MissingVariableError(LookupError):
    """A variable that has to be set, and what compose says of it."""


def read_compose(variables: Mapping[str, str]) -> dict[str, Any]:
    """The whole file; `variables` are those of the shell and of .env.

    Raises:
        MissingVariableError: one that the file insists on is not there, or empty.
    """
    parsed: dict[str, Any] = yaml.safe_load(COMPOSE_FILE.read_text(encoding="utf-8"))
    return {key: _filled(value, variables) for key, value in parsed.items()}


def image_environment() -> dict[str, str]:
    """What the last stage of the Dockerfile puts into the environment."""
    stage = (ROOT / "Dockerfile").read_text(encoding="utf-8").rpartition("\nFROM ")[2]
    (block,) = re.findall(r"^ENV ((?:.*\\\n)*.*)$", stage, re.MULTILINE)
    return dict(word.split("=", 1) for word in block.replace("\\\n", " ").split())


def secret_files(compose: Mapping[str, Any], service: str) -> dict[str, Path]:
    """The secrets of a service: the name each has in its container, and the file it is."""
    found: dict[str, Path] = {}
    for secret in compose["services"][service].get("secrets", []):
        named = secret if isinstance(secret, dict) else {"source": secret, "target": secret}
        found[named["target"]] = Path(compose["secrets"][named["source"]]["file"])
    return found


def _filled(value: object, variables: Mapping[str, str]) -> object:
    if isinstance(value, dict):
        return {key: _filled(item, variables) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, variables) for item in value]
    if isinstance(value, str):
        return _VARIABLE.sub(lambda found: _value(found, variables), value)
    return value


def _value(found: re.Match[str], variables: Mapping[str, str]) -> str:
    name, kind, rest = found.groups()
    if value := variables.get(name):
        return value
    if kind == "?":
        raise MissingVariableError(name, rest)
    return rest or ""
