"""What of all that is asked goes into the log of who saw what."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from mien.web.http.visitor import Visitor
from mien.web.queue.audit import Audit
from mien.web.queue.tables import Account

NO_LOG = (
    "The log of who saw what cannot be written, and without it nothing is shown: whoever runs mien "
    "serve has to look whether the disk is full."
)
_AGAIN_S = 900.0  # in which one who sees the same once more, as a player does, gets no other line
_MOST = 10_000  # of what was seen, remembered for that
_SUCCESS = 400  # statuses below it


class Record:
    """Writes down what people with accounts do.

    Parameters
    ----------
    audit : Audit
        The log.
    clock : callable
        Seconds, never going back.
    """

    def __init__(self, audit: Audit, clock: Callable[[], float]) -> None:
        self._audit, self._clock, self._lock = audit, clock, Lock()
        self._seen: OrderedDict[tuple[str, ...], float] = OrderedDict()

    def answered(self, visitor: Visitor, method: str, status: int) -> None:
        """Write down what somebody is about to be answered, if it belongs into the log.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        what = None if visitor.need is None else visitor.need.logged
        if visitor.refused:
            what = "refused" if what is None else f"refused: {what}"
        elif status >= _SUCCESS:
            return
        if what is None:
            return
        key = (visitor.account.id, what, visitor.more, *visitor.things)
        if method == "GET" and not self._due(key):
            return
        self._write(visitor.account, what, visitor)
        if method == "GET":
            self._remember(key)

    def tried(self, account: Account | None, right: bool) -> None:
        """Write down that somebody logged in, or gave a wrong name or password.

        A name that nobody has is not written down: people type passwords there by mistake.
        """
        if account is None:
            self._audit.write("failed login", name="unknown")
            return
        what = "login" if right else "failed login"
        self._audit.write(what, account=account.id, name=account.name)

    def by_link(self, whose: str, what: str, *things: str) -> None:
        """Write down what somebody is about to be shown who has a personal link and no account.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        key = (whose, what, *things)
        if self._due(key):
            self._audit.write(what, name=f"link of {whose}", on=things)
            self._remember(key)

    def _write(self, account: Account, what: str, visitor: Visitor) -> None:
        self._audit.write(
            what, account=account.id, name=account.name, on=visitor.things, more=visitor.more
        )

    def _due(self, key: tuple[str, ...]) -> bool:
        with self._lock:
            return self._clock() - self._seen.get(key, -_AGAIN_S) >= _AGAIN_S

    def _remember(self, key: tuple[str, ...]) -> None:
        with self._lock:
            self._seen[key] = self._clock()
            self._seen.move_to_end(key)
            if len(self._seen) > _MOST:
                self._seen.popitem(last=False)
