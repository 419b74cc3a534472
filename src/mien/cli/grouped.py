"""Options that belong together, as one parameter of a command."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, is_dataclass
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Any, get_type_hints


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """A command whose groups of options typer reads as an option for each field.

    Parameters
    ----------
    command : callable
        Parameters that are annotated with a dataclass are groups: each field of it is annotated as
        a parameter of a command is, and its default is the option's.

    Returns
    -------
    command : callable
        Takes every option by its own name, in the order in which they are written, and calls the
        other with the groups.

    Raises
    ------
    ValueError
        If two options have one name.
    """
    hints = get_type_hints(command, include_extras=True)
    groups: dict[str, type[Any]] = {
        name: kind for name, kind in hints.items() if isinstance(kind, type) and is_dataclass(kind)
    }
    flat: list[Parameter] = []
    for name, given in signature(command).parameters.items():
        if name in groups:
            flat += _options(groups[name])
        else:
            flat.append(given.replace(kind=Parameter.KEYWORD_ONLY, annotation=hints[name]))

    @wraps(command)
    def run(**told: Any) -> None:
        for name, kind in groups.items():
            told[name] = kind(**{each.name: told.pop(each.name) for each in fields(kind)})
        command(**told)

    run.__signature__ = Signature(flat)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in flat}
    return run


def _options(group: type[Any]) -> Iterator[Parameter]:
    """The options of a group."""
    hints = get_type_hints(group, include_extras=True)
    for each in fields(group):
        default = Parameter.empty if each.default is MISSING else each.default
        yield Parameter(
            each.name, Parameter.KEYWORD_ONLY, default=default, annotation=hints[each.name]
        )
