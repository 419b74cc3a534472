"""Content credentials: a signed statement inside a result that its faces are synthetic.

The statement is a C2PA manifest [1]_ that says which software made the file and what kind of media
it is [2]_. It names neither the original nor a path, holds no picture, and nothing is asked of a
server for it, so it carries no trusted time. It needs the optional package ``c2pa-python``.

References
----------
.. [1] Coalition for Content Provenance and Authenticity, "Content Credentials: C2PA technical
   specification", version 2.2, 2025. https://spec.c2pa.org
.. [2] IPTC, "Digital source type NewsCodes". https://cv.iptc.org/newscodes/digitalsourcetype
"""

from __future__ import annotations

import base64
import binascii
import os
import shutil
from dataclasses import dataclass
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from mien.advice import to_get
from mien.errors import EngineError, OutputError, ParameterError
from mien.intake.amounts import SETTINGS_BYTES, content
from mien.outputs import complete

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeSynthetic"
"""A composite of which at least one part, here the faces, is synthetic."""

_FORMAT = "video/mp4"
# object identifiers at the head of a PKCS#8 key -> what C2PA calls the signature made with it
_ALGORITHMS = {
    "06082a8648ce3d030107": "es256",
    "06052b81040022": "es384",
    "06052b81040023": "es512",
    "06092a864886f70d010101": "ps256",
    "06092a864886f70d01010a": "ps256",
    "06032b6570": "ed25519",
}
_PIXEL = base64.b64decode(  # a PNG of one pixel, to try a key on
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="
)
_OFFLINE = {
    "version": 1,
    "builder": {
        "thumbnail": {"enabled": False},
        "actions": {
            "auto_created_action": {"enabled": False},
            "auto_opened_action": {"enabled": False},
            "auto_placed_action": {"enabled": False},
        },
    },
    "verify": {"verify_after_sign": True, "remote_manifest_fetch": False, "ocsp_fetch": False},
}


def available() -> bool:
    """Whether the package that signs is installed."""
    return find_spec("c2pa") is not None


@dataclass(frozen=True)
class Signer:
    """Who signs: tried once when it is made, so that a key of no use is known before any work.

    Raises
    ------
    EngineError
        If `c2pa-python` is not installed.
    ParameterError
        If a file cannot be read or is not what it should be, or C2PA does not allow the two.
    """

    certificate: Path
    """PEM: the signer's certificate, then those that vouch for it, without the root."""
    key: Path
    """PEM: the private key of the first certificate, PKCS#8 without a password."""

    def __post_init__(self) -> None:
        if not available():
            raise EngineError(
                f"Signing needs the package c2pa-python: {to_get('c2pa')}, or leave the "
                "certificate and the key away."
            )
        if b"-----BEGIN CERTIFICATE-----" not in _read(self.certificate, "certificate"):
            raise ParameterError(
                f"{self.certificate.name} holds no certificate in PEM form: give the signer's "
                "certificate, followed by those that vouch for it."
            )
        _algorithm(self.key)
        _embed(self, "image/png", BytesIO(_PIXEL), BytesIO(), "mien", "A trial.")


def sign(path: Path, signer: Signer, *, software: str, label: str) -> None:
    """Put content credentials into a finished clip; picture, sound and timestamps stay as they are.

    The signed clip is written beside the clip under a hidden name and takes its place when it is
    complete. Until then, and if anything fails, the clip stays as it was.

    Parameters
    ----------
    path : Path
        An MP4, whatever its ending.
    signer : Signer
        Whose key signs.
    software : str
        Name and version of what made the clip, as in ``mien/0.1.0``.
    label : str
        What is said of the clip, one sentence.

    Raises
    ------
    OutputError
        If the clip cannot be read or replaced.
    ParameterError
        If certificate and key do not sign, for example because the certificate has expired.
    EngineError
        If the clip cannot hold a manifest.
    """
    with complete(path, done="signed") as part:
        with path.open("rb") as source, part.open("x+b") as target:
            _embed(signer, _FORMAT, source, target, software, label)
            target.flush()
            os.fsync(target.fileno())
        shutil.copymode(path, part)


def statement(software: str, label: str) -> dict[str, Any]:
    """The C2PA manifest that is signed, before the library adds the hash of the clip.

    A first action must say that a file was created or opened. *Opened* would have to name the
    original as an ingredient, by its hash; *created* does not, and the result is a new file.
    """
    name, _, version = software.partition("/")
    agent = {"name": name, "version": version} if version else {"name": name}
    action = {
        "action": "c2pa.created",
        "digitalSourceType": SOURCE_TYPE,
        "softwareAgent": agent,
        "description": label,
    }
    return {
        "claim_generator_info": [agent],
        "assertions": [
            # "created": the signer's own statement, not one that was found somewhere
            {"label": "c2pa.actions.v2", "created": True, "data": {"actions": [action]}}
        ],
    }


def _embed(
    signer: Signer, media: str, source: BinaryIO, target: BinaryIO, software: str, label: str
) -> None:
    """Write `source` with a manifest to `target`; the library checks what it wrote."""
    import c2pa

    certificate, key = _read(signer.certificate, "certificate"), _read(signer.key, "key")
    try:
        pen = c2pa.Signer.from_info(
            c2pa.C2paSignerInfo(_algorithm(signer.key), certificate, key, None)
        )
        with c2pa.Builder(
            statement(software, label), context=c2pa.Context.from_dict(_OFFLINE)
        ) as builder:
            builder.sign(pen, media, source, target)
    except c2pa.C2paError as exc:
        why = " ".join(str(exc).split()).rstrip(".")
        if media != _FORMAT or isinstance(exc, c2pa.C2paError.Signature):
            raise ParameterError(
                f"{signer.certificate.name} and {signer.key.name} cannot sign content credentials "
                f"({why}): use a certificate in force that C2PA allows, and its own key."
            ) from exc
        if isinstance(exc, c2pa.C2paError.Io):
            raise OutputError(f"The signed clip cannot be written ({why}).") from exc
        raise EngineError(
            f"The content credentials could not be written ({why}): leave the certificate and the "
            "key away to get the clip without them."
        ) from exc


def _algorithm(key: Path) -> str:
    """What C2PA calls the signatures of a key."""
    lines = _read(key, "key").decode("latin-1").splitlines()
    try:
        start = lines.index("-----BEGIN PRIVATE KEY-----") + 1
        end = lines.index("-----END PRIVATE KEY-----")
        head = base64.b64decode("".join(lines[start:end]))[:40].hex()
    except (ValueError, binascii.Error):
        raise ParameterError(
            f"{key.name} holds no private key that can be used: convert it with `openssl pkcs8 "
            "-topk8 -nodes`."
        ) from None
    for mark, name in _ALGORITHMS.items():
        if mark in head:
            return name
    raise ParameterError(
        f"{key.name} is of a kind that C2PA does not sign with: use an EC key (P-256, P-384 or "
        "P-521), an RSA key or Ed25519."
    )


def _read(path: Path, what: str) -> bytes:
    try:
        return content(path, SETTINGS_BYTES, f"a {what}")
    except OSError as exc:
        raise ParameterError(f"The {what} {path} cannot be read: {exc.strerror or exc}.") from exc
