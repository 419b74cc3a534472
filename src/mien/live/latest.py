"""A queue of one between two stages: who is slow sees the newest, and nothing late."""

from __future__ import annotations

from threading import Condition
from time import monotonic
from typing import Generic, TypeVar

T = TypeVar("T")


class Closed(Exception):
    """There will be nothing more."""


class Latest(Generic[T]):
    """Holds one item.

    Parameters
    ----------
    waits : bool
        Whether whoever puts something waits until what is there was taken, so that nothing is
        dropped; otherwise it replaces what is there.

    Attributes
    ----------
    dropped : int
        Items that were replaced before anybody took them.
    """

    def __init__(self, waits: bool = False) -> None:
        self.dropped = 0
        self._waits = waits
        self._item: T | None = None
        self._closed = False
        self._failure: BaseException | None = None
        self._changed = Condition()

    def put(self, item: T) -> None:
        """Leave an item; raises `Closed` where nobody takes any more."""
        with self._changed:
            while self._waits and self._item is not None and not self._closed:
                self._changed.wait()
            if self._closed:
                raise Closed
            self.dropped += self._item is not None
            self._item = item
            self._changed.notify_all()

    def get(self, timeout: float | None = None) -> T | None:
        """Take the item, or wait for one.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait at most.

        Returns
        -------
        item : T or None
            None if none came in time.

        Raises
        ------
        Closed
            If there will be no more.
        BaseException
            What ended the stage before, if that failed.
        """
        until = None if timeout is None else monotonic() + timeout
        with self._changed:
            while self._item is None:
                if self._failure is not None:
                    raise self._failure
                if self._closed:
                    raise Closed
                left = None if until is None else until - monotonic()
                if left is not None and left <= 0:
                    return None
                self._changed.wait(left)
            item, self._item = self._item, None
            self._changed.notify_all()
            return item

    def close(self, failure: BaseException | None = None) -> None:
        """End it; what is there can still be taken, unless the stage before failed."""
        with self._changed:
            self._closed = True
            if failure is not None:
                self._failure, self._item = failure, None
            self._changed.notify_all()
