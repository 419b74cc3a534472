"""Images on their way to an archive and from one: DICOM's C-STORE.

References
----------
.. [1] DICOM PS3.4 2024b, annex B (Storage); PS3.8 (network communication).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mien.dicom.stored import Stored, open_image
from mien.errors import FormatError, MienError, OutputError, ParameterError
from mien.outputs import complete
from mien.progress import Progress, silent

if TYPE_CHECKING:
    from pynetdicom.events import Event

_UID = re.compile(r"[0-9]+(\.[0-9]+)*")
_AE = re.compile(r"[\x21-\x5b\x5d-\x7e](?:[\x20-\x5b\x5d-\x7e]{0,14}[\x21-\x5b\x5d-\x7e])?")
_REFUSED, _FAILED = 0xA700, 0xC000  # out of resources; cannot understand
_CONTEXTS = 128  # kinds of images in one association


@dataclass(frozen=True)
class Peer:
    """Who is called, and by which names; validated once."""

    host: str
    """Name or address."""
    port: int
    """1 to 65535."""
    called: str = "ANY-SCP"
    """Its application entity title."""
    calling: str = "MIEN"
    """Ours."""

    def __post_init__(self) -> None:
        if not self.host or not 1 <= self.port <= 65535:
            raise ParameterError(
                f"{self.host}:{self.port} is no address: give a host and a port, as archive:104."
            )
        check_title(self.called)
        check_title(self.calling)

    @classmethod
    def read(cls, written: str, called: str = "ANY-SCP", calling: str = "MIEN") -> Peer:
        """What is written as ``HOST:PORT``."""
        host, _, port = written.rpartition(":")
        if not port.isdigit():
            raise ParameterError(f"{written!r} is no address: give a host and a port, archive:104.")
        return cls(host.strip("[]"), int(port), called, calling)


def check_title(title: str) -> None:
    """Refuse what is no application entity title; raises `ParameterError`."""
    if not _AE.fullmatch(title):
        raise ParameterError(
            f"{title!r} is no application entity title: give up to 16 letters, digits and signs."
        )


class SendError(MienError, OSError):
    """An archive cannot be reached, or refuses an image."""

    code = "not-sent"
    exit_status = 6


def send(
    paths: Sequence[Path],
    peer: Peer,
    *,
    identified: bool = False,
    timeout_s: float = 60.0,
    progress: Progress = silent,
) -> list[str]:
    """Send images to an archive, each as it is stored: nothing is coded anew.

    Parameters
    ----------
    paths : sequence of Path
        The images.
    peer : Peer
        The archive.
    identified : bool
        Whether images may be sent that do not say that the patient's identity was removed.
    timeout_s : float
        Seconds after which an archive that does not answer has failed.
    progress : callable
        Called as ``progress("sending", done, total)``, with images.

    Returns
    -------
    sent : list of str
        SOP Instance UIDs, in the order of the paths.

    Raises
    ------
    VideoError
        If an image cannot be read; nothing was sent.
    ParameterError
        If an image still names the patient; nothing was sent.
    SendError
        If the archive cannot be reached, does not take such images, or refuses one.
    """
    images = [open_image(path) for path in paths]  # all are looked at before one is sent
    for image in images:
        if image.says("PatientIdentityRemoved") != "YES" and not identified:
            raise ParameterError(
                f"{image.path} does not say that the patient's identity was removed: de-identify "
                "it first, or add --identified."
            )
    told = f"{peer.host}:{peer.port} ({peer.called})"
    link = _linked(images, peer, told, timeout_s)
    sent: list[str] = []
    try:
        for image in images:
            _send(link, image, told, len(sent), len(images))
            sent.append(str(image.header.SOPInstanceUID))
            progress("sending", len(sent), len(images))
    finally:
        link.release()
    return sent


def _linked(images: Sequence[Stored], peer: Peer, told: str, timeout_s: float) -> Any:
    """An association with an archive for such images."""
    from pynetdicom import AE

    kinds = list(dict.fromkeys((str(i.header.SOPClassUID), i.syntax.uid) for i in images))
    if len(kinds) > _CONTEXTS:
        raise ParameterError(f"These are {len(kinds)} kinds of images: send them in parts.")
    entity = AE(ae_title=peer.calling)
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = timeout_s
    entity.connection_timeout = timeout_s
    for kind, syntax in kinds:
        entity.add_requested_context(kind, syntax)
    link = entity.associate(peer.host, peer.port, ae_title=peer.called)
    if not link.is_established:
        raise SendError(
            f"{told} {'refuses us' if link.is_rejected else 'cannot be reached'}: check the "
            "address and both titles (--called, --calling)."
        )
    return link


def _send(link: Any, image: Stored, told: str, sent: int, of: int) -> None:
    from pydicom import dcmread

    after = f"; {sent} of {of} were sent before it"
    try:
        answer = link.send_c_store(dcmread(image.path))
    except ValueError as exc:  # no context was accepted
        raise SendError(f"{told} does not take images such as {image.path}{after}.") from exc
    status = answer.get("Status") if answer else None
    # warnings (Bxxx) say that it was stored
    if status != 0 and (status is None or status >> 12 != 0xB):
        why = "no answer" if status is None else f"status {status:04X}"
        raise SendError(f"{told} did not take {image.path} ({why}){after}.")


@dataclass(frozen=True)
class Received:
    """One image that came."""

    path: Path
    """Where it is."""
    again: bool
    """Whether it was there already, and was left as it was."""


class Receiver:
    """Takes images from others into a folder until it is closed.

    Each is called by its SOP Instance UID and has this name only when it is whole; one that is
    there already is confirmed and left as it is.

    Parameters
    ----------
    folder : Path
        Where to; it exists.
    port : int
        Where to listen; 0 for any that is free.
    title : str
        Our application entity title.
    address : str
        Of the network to listen on; this machine's own by default.
    told : callable, optional
        Called with each `Received`, in a thread of the network's.
    only_from : sequence of str
        Application entity titles that may send; all if empty.

    Raises
    ------
    OutputError
        If the folder is none, or the port cannot be listened on.
    """

    def __init__(
        self,
        folder: Path,
        port: int,
        *,
        title: str = "MIEN",
        address: str = "127.0.0.1",
        told: Callable[[Received], None] = lambda one: None,
        only_from: Sequence[str] = (),
    ) -> None:
        from pynetdicom import AE, AllStoragePresentationContexts, evt

        from mien.dicom.syntaxes import SYNTAXES

        check_title(title)
        if not folder.is_dir():
            raise OutputError(f"{folder} is not a folder: create it first.")
        self._folder, self._told, self._writing = folder, told, threading.Lock()
        entity = AE(ae_title=title)
        entity.require_calling_aet = list(only_from)
        for context in AllStoragePresentationContexts:
            if context.abstract_syntax is not None:
                entity.add_supported_context(context.abstract_syntax, list(SYNTAXES))
        entity.add_supported_context("1.2.840.10008.1.1")  # C-ECHO, which archives try first
        try:
            server: Any = entity.start_server(
                (address, port), block=False, evt_handlers=[(evt.EVT_C_STORE, self._store)]
            )
            self._server = server
        except OSError as exc:
            raise OutputError(
                f"Port {port} of {address} cannot be listened on ({exc.strerror}): choose another."
            ) from exc

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Receiver:
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()

    def _store(self, event: Event) -> int:
        """Write an image; what is answered to the sender."""
        try:
            request: Any = event.request
            uid = str(request.AffectedSOPInstanceUID)
            if not _UID.fullmatch(uid) or len(uid) > 64:  # it becomes a name
                raise FormatError("The image has no proper UID.")
            path = self._folder / f"{uid}.dcm"
            with self._writing:
                if path.exists():
                    self._told(Received(path, True))
                    return 0
                with complete(path, overwrite=False) as part:
                    part.write_bytes(event.encoded_dataset())
            self._told(Received(path, False))
        except FormatError:
            return _FAILED
        except Exception:  # a full disk, a folder that is gone: the sender keeps what it has
            return _REFUSED
        return 0
