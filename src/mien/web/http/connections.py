"""Connections to the server: how many at once, and how long they may keep it waiting.

Every open connection takes one of the file handles that the system gives a process, and without any
left nothing can be opened: no database, no video, no other connection. So there are at most
`Limits.most`. When one more comes, the oldest on which nothing is asked for is closed, and the new
one itself if there is none: nobody who does nothing keeps out somebody who does.

A client that has begun must go on. The head of a request has to be complete in time, its body must
keep coming, and an answer has to be taken; uvicorn itself limits only the time between two
requests. Nothing here limits how long the server takes to answer.
"""

from __future__ import annotations

import asyncio
import socket
import weakref
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

BACKLOG = 32
"""Connections that are accepted at once, before any of them is looked at."""
_MOST = 256
_QUEUE = 512  # connections that wait to be accepted


@dataclass(frozen=True)
class Limits:
    """What clients may take."""

    most: int = _MOST
    """Connections at once."""
    head_s: float = 15.0
    """Seconds from the opening, or the first byte, to the end of a request's head."""
    body_s: float = 30.0
    """Seconds in which `body_bytes` of a body have to come, or the rest of it."""
    body_bytes: int = 1024
    """Bytes."""
    answer_s: float = 300.0
    """Seconds for which a client may take nothing of an answer."""
    handshake_s: float = 10.0
    """Seconds for the TLS handshake."""

    @classmethod
    def of_this_process(cls) -> Limits:
        """Limits that leave most file handles of the process to files."""
        try:
            import resource
        except ImportError:  # Windows, where handles are many
            return cls()
        handles, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        if handles == resource.RLIM_INFINITY:
            return cls()
        return cls(most=min(_MOST, max(8, handles // 4)))


class Listener(socket.socket):
    """A listening socket that keeps no more connections than there may be.

    They are counted from when they are accepted, for a TLS handshake takes a handle too. (On
    Windows asyncio accepts past this, and handles are not scarce.)
    """

    def __init__(self, family: int, kind: int, limits: Limits | None = None) -> None:
        super().__init__(family, kind)
        self.limits = limits or Limits.of_this_process()
        self.established: weakref.WeakValueDictionary[int, Connection] = (
            weakref.WeakValueDictionary()
        )
        """Connections that can ask, by file handle."""
        self._accepted: list[weakref.ref[socket.socket]] = []

    def listen(self, backlog: int = _QUEUE) -> None:
        """Listen; those who wait to be accepted take no handle, so many may."""
        super().listen(max(backlog, _QUEUE))

    def accept(self) -> tuple[socket.socket, Any]:
        """Accept a connection; another, or this one, is closed if there are too many."""
        accepted, address = super().accept()
        still = [ref for ref in self._accepted if (one := ref()) is not None and one.fileno() >= 0]
        self._accepted = [*still, weakref.ref(accepted)]
        while len(self._accepted) > self.limits.most:
            self._close_one()
        return accepted, address

    def _close_one(self) -> None:
        for ref in self._accepted:
            one = ref()
            busy = None if one is None else self.established.get(one.fileno())
            if busy is not None and not busy.rests and ref is not self._accepted[-1]:
                continue
            self._accepted.remove(ref)
            if one is not None:
                with suppress(OSError):  # gone already
                    one.shutdown(socket.SHUT_RDWR)  # whoever has it hears of its end
            return


class Connection(H11Protocol):
    """One connection, which is ended when its client keeps the server waiting."""

    listener: Listener
    """Where it came from; set by `protocol`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        self._limits = self.listener.limits
        self._awaited: str | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        self._received = 0
        super().connection_made(transport)
        self._handle = transport.get_extra_info("socket").fileno()
        self.listener.established[self._handle] = self
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop()
        self.resume_writing()
        if self.listener.established.get(self._handle) is self:
            del self.listener.established[self._handle]
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        self._received += len(data)
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        self._watch()

    def pause_writing(self) -> None:
        """The client takes nothing of an answer."""
        super().pause_writing()
        if self._unread is None:
            self._unread = self.loop.call_later(self._limits.answer_s, self.transport.abort)

    def resume_writing(self) -> None:
        """The client takes more."""
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None
        super().resume_writing()

    @property
    def rests(self) -> bool:
        """Whether no request is being answered."""
        return self.cycle is None or self.cycle.response_complete

    def _watch(self) -> None:
        """Give the client the time that it has for what has to come next."""
        awaited = self._next()
        if awaited == self._awaited:
            return
        self._stop()
        self._awaited = awaited
        if awaited == "head":
            self._timer = self.loop.call_later(self._limits.head_s, self.transport.abort)
        elif awaited == "body":
            self._give_time_for_more()

    def _next(self) -> str | None:
        """What has to come from the client; None while it is the server's turn."""
        if self.transport.is_closing():
            return None
        if self.conn.their_state is h11.SEND_BODY:
            return "body"
        # between two requests uvicorn limits the time itself
        silent = self.timeout_keep_alive_task is not None
        if self.conn.their_state is h11.IDLE and self.rests and not silent:
            return "head"
        return None

    def _give_time_for_more(self) -> None:
        before = self._received

        def look() -> None:
            more = self._received - before >= self._limits.body_bytes
            # the server may be the slow one: it has not asked yet, or not taken what came
            waits = self.flow.read_paused or (
                not self.rests and self.cycle.waiting_for_100_continue
            )
            if more or waits:
                self._give_time_for_more()
            else:
                self.transport.abort()

        self._timer = self.loop.call_later(self._limits.body_s, look)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def protocol(listener: Listener) -> type[Connection]:
    """What uvicorn makes of every connection to a listener."""
    return type("Connection", (Connection,), {"listener": listener})


def with_handshake(create_server: Callable[..., Any], limits: Limits) -> Callable[..., Any]:
    """A loop's ``create_server`` that limits the time for the TLS handshake."""

    async def create(*args: Any, **settings: Any) -> Any:
        if settings.get("ssl") is not None:
            settings.setdefault("ssl_handshake_timeout", limits.handshake_s)
        return await create_server(*args, **settings)

    return create
