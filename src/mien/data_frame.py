"""Tables as pandas' data frames, for those who have pandas; nothing else in mien needs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mien.advice import to_get

if TYPE_CHECKING:
    import pandas


def data_frame(columns: Mapping[str, Sequence[Any] | Any]) -> pandas.DataFrame:
    """A data frame of columns of equal length.

    Parameters
    ----------
    columns : mapping
        Values by the name of the column, in order.

    Raises
    ------
    ModuleNotFoundError
        If pandas is not installed; says what to do.
    """
    try:
        import pandas
    except ModuleNotFoundError as exc:
        raise ModuleNotFoundError(
            f"a data frame needs the package pandas: {to_get('reports')}", name="pandas"
        ) from exc
    return pandas.DataFrame(dict(columns))


def of_rows(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> pandas.DataFrame:
    """A data frame of rows that have these keys."""
    return data_frame({name: [row[name] for row in rows] for name in columns})
