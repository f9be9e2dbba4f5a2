"""Addresses as Terraform writes them: ``module.net["a"].azurerm_subnet.apim[0].id``, taken apart."""

import json
from dataclasses import dataclass
from functools import lru_cache

Key = str | int | None
"""The instance key of for_each or count, None where there is neither."""


@dataclass(frozen=True, slots=True)
class Step:
    """One name of an address, with the key in brackets that follows it."""

    name: str
    key: Key = None


ModulePath = tuple[Step, ...]
"""The calls that lead to a module instance, each with its key; empty for the root module."""


@lru_cache(maxsize=65536)
def steps_of(address: str) -> tuple[Step, ...]:
    """Returns the names of an address with their keys; what cannot be taken apart ends the list.

    Several keys after one name (``subnets["a"]["b"]``) become steps without a name.
    """
    found: list[Step] = []
    at = 0
    while at < len(address):
        name, at = _name(address, at)
        key, at = _key(address, at)
        if not name and key is None:
            return tuple(found)
        found.append(Step(name, key))
        if at < len(address) and address[at] == ".":
            at += 1
    return tuple(found)


def _name(address: str, at: int) -> tuple[str, int]:
    end = at
    while end < len(address) and address[end] not in ".[":
        end += 1
    return address[at:end], end


def _key(address: str, at: int) -> tuple[Key, int]:
    if not address.startswith("[", at):
        return None, at
    if address.startswith('["', at):
        try:
            key, end = json.JSONDecoder().raw_decode(address, at + 1)
        except ValueError:
            return None, len(address)
        return str(key), end + 1
    end = address.find("]", at)
    number = address[at + 1 : end]
    return (int(number), end + 1) if end > 0 and number.isascii() and number.isdigit() else (None, len(address))


@lru_cache(maxsize=65536)
def module_path_of(address: str) -> ModulePath:
    """Returns the module instance in which a resource stands, by its own or its module's address."""
    found: list[Step] = []
    steps = iter(steps_of(address))
    for step in steps:
        if step != Step("module"):
            break
        call = next(steps, None)
        if call is not None:
            found.append(call)
    return tuple(found)


def without_keys(path: ModulePath) -> tuple[str, ...]:
    """Returns the names of the calls that lead to a module: where its configuration stands."""
    return tuple(step.name for step in path)
