"""Listening: one server per data folder, on this computer unless told otherwise."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import uvicorn

from mien.errors import OutputError, ParameterError
from mien.outputs import complete
from mien.web.http.access import ENTER, LOG_IN, Access
from mien.web.http.app import create_app
from mien.web.http.certificate import self_signed
from mien.web.http.connections import BACKLOG, Limits, Listener, protocol, with_handshake
from mien.web.http.serving import Serving
from mien.web.queue.folders import Folders
from mien.web.queue.places import LOCK, PORT, data_folder


def serve(
    serving: Serving,
    port: int,
    ready: Callable[[str], None],
    warn: Callable[[str], None] = lambda sentence: None,
) -> None:
    """Run the server until it is interrupted.

    Parameters
    ----------
    serving : Serving
        How it is run.
    port : int
        Where it listens; 0 for where it did the last time, or any that is free.
    ready : callable
        Called with the address to open, once, when the server answers.
    warn : callable, optional
        Called before that with each sentence that the user has to know, as of files that are on no
        list.

    Raises
    ------
    ParameterError
        If it cannot listen there, or the certificate cannot be used.
    OutputError
        If the data folder cannot be used, or another server uses it.
    LinkError
        If a place in the data folder is a link.
    DatabaseError
        If the list of clips is damaged.
    """
    serving = replace(serving, data=data_folder(serving.data))
    Folders(serving.data).make()
    with _alone(serving.data), _listening_again(serving, port) as listener:
        port = 0 if serving.unix_socket is not None else listener.getsockname()[1]
        if serving.self_signed:
            certificate, key, fingerprint = self_signed(serving.data, serving.reached_by)
            serving = replace(serving, certificate=certificate, key=key, self_signed=False)
            warn(
                "Browsers warn of this server's own certificate: go on only where they show the "
                f"SHA-256 fingerprint {fingerprint}."
            )
        _remember(serving, port)
        access = Access(serving, port)
        app = create_app(serving, access)
        address = _address(serving, port, access)
        for sentence in app.state.recovery.sentences(serving.data):
            warn(sentence)
        config = uvicorn.Config(
            app,
            loop="asyncio",
            http=protocol(listener),
            backlog=BACKLOG,
            log_level="error" if serving.traces else "critical",
            access_log=False,  # addresses hold the token
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=2,
            ssl_certfile=serving.certificate,
            ssl_keyfile=None if serving.key is None else str(serving.key),
        )
        try:
            config.load()
        except OSError as exc:
            raise ParameterError(
                "The TLS certificate or its key cannot be read: give a PEM file of each."
            ) from exc
        try:
            _Server(config, listener.limits, lambda: ready(address)).run([listener])
        except SystemExit:
            if app.state.failure is not None:
                raise app.state.failure from None
            raise


def _address(serving: Serving, port: int, access: Access) -> str:
    """Where a browser begins."""
    name = serving.names[0] if serving.names else serving.host
    written = f"[{name}]" if ":" in name else name
    place = f"{serving.scheme}://{name if serving.behind_proxy else f'{written}:{port}'}"
    if access.by_name or (serving.behind_proxy and access.has_password):
        return f"{place}{LOG_IN}"
    return f"{place}{ENTER}?token={access.token}"


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, limits: Limits, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._limits, self._ready = limits, ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        loop = asyncio.get_running_loop()
        loop.create_server = with_handshake(loop.create_server, self._limits)  # type: ignore[method-assign]
        await super().startup(sockets)
        if self.started:
            self._ready()


@contextmanager
def _listening_again(serving: Serving, port: int) -> Iterator[Listener]:
    """Listen where the last server of the folder did, so that pages that are open find this one."""
    if serving.unix_socket is not None:
        with _listening_at(serving.unix_socket) as listener:
            yield listener
        return
    last = port
    with suppress(OSError, ValueError):
        last = port or int((serving.data / PORT).read_text())
    with ExitStack() as stack:
        try:
            listener = stack.enter_context(_listening(serving.host, last))
        except ParameterError:
            if port == last:
                raise
            listener = stack.enter_context(_listening(serving.host, port))
        yield listener


def _remember(serving: Serving, port: int) -> None:
    if not port:  # a unix socket
        return
    with suppress(OSError):
        with complete(serving.data / PORT) as part:  # whatever has the name is not written into
            part.write_text(f"{port}\n")


@contextmanager
def _listening(host: str, port: int) -> Iterator[Listener]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with Listener(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen(BACKLOG)  # nobody else can have the port from here on
        except (OSError, OverflowError) as exc:
            raise ParameterError(
                f"{host} port {port} cannot be listened on: choose another with --port."
            ) from exc
        yield listener


@contextmanager
def _listening_at(place: Path) -> Iterator[Listener]:
    """Listen at a unix socket, which the group may use: the proxy's user is put into it."""
    with Listener(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        try:
            if stat.S_ISSOCK(place.lstat().st_mode):  # of a server that was killed
                place.unlink()
        except OSError:
            pass
        try:
            listener.bind(str(place))
            place.chmod(0o660)
            listener.listen(BACKLOG)
        except (OSError, OverflowError) as exc:
            raise ParameterError(
                f"{place} cannot be listened at: choose another place with --unix-socket."
            ) from exc
        try:
            yield listener
        finally:
            place.unlink(missing_ok=True)


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    """Hold the data folder: SQLite's lock ends with the process, however it ends."""
    with ExitStack() as stack:
        try:
            lock = sqlite3.connect(data / LOCK, timeout=0, isolation_level=None)
            stack.callback(lock.close)
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.DatabaseError as exc:
            if getattr(exc, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
                raise OutputError(
                    f"Another mien serve works in {data}: use its page, or choose another folder "
                    "with --data."
                ) from exc
            raise OutputError(
                f"{data / LOCK} cannot be used: end any mien serve that works there, delete this "
                "file, which holds nothing, then start again."
            ) from exc
        yield
