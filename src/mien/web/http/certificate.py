"""A certificate that the server signs itself, so that browsers of other computers give a camera.

It proves to nobody who the server is: each browser warns once, and whoever goes on compares the
fingerprint with the one that `mien serve` prints.
"""

from __future__ import annotations

import ipaddress
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mien.advice import to_get
from mien.errors import ParameterError
from mien.outputs import complete

CERTIFICATE, KEY = "tls-self-signed.pem", "tls-self-signed-key.pem"
"""In the data folder."""
_DAYS = 365
_RENEWED = 30  # days before its end from which on another one is made
_LACKING = (
    f"A certificate of its own needs packages that are not installed: {to_get('live')}, or give "
    "--tls-certificate and --tls-key."
)


def self_signed(folder: Path, names: tuple[str, ...]) -> tuple[Path, Path, str]:
    """A certificate for some names, made if there is none in a folder that lasts.

    Parameters
    ----------
    folder : Path
        The data folder.
    names : tuple of str
        Names and addresses under which browsers reach the server.

    Returns
    -------
    certificate, key : Path
        PEM files; the key can be read by its owner only.
    fingerprint : str
        SHA-256 of the certificate, as browsers show it.

    Raises
    ------
    ParameterError
        If packages are missing.
    OutputError
        If the files cannot be written.
    """
    try:
        from cryptography import x509
    except ModuleNotFoundError as exc:
        raise ParameterError(_LACKING) from exc
    certificate, key = folder / CERTIFICATE, folder / KEY
    found = None
    try:
        found = x509.load_pem_x509_certificate(certificate.read_bytes())
        known = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        there = {str(each.value) for each in known}
        left = found.not_valid_after_utc - datetime.now(UTC)
        if there != set(names) or left < timedelta(days=_RENEWED) or not key.is_file():
            found = None
    except (OSError, ValueError, x509.ExtensionNotFound):
        found = None
    if found is None:
        found = _made(certificate, key, names)
    from cryptography.hazmat.primitives.hashes import SHA256

    return certificate, key, found.fingerprint(SHA256()).hex(":").upper()


def _made(certificate: Path, key: Path, names: tuple[str, ...]):  # type: ignore[no-untyped-def]
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    secret = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mien serve")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(secret.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=_DAYS))
        .add_extension(x509.SubjectAlternativeName([_general(each) for each in names]), False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
        .sign(secret, hashes.SHA256())
    )
    written = secret.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    with complete(key) as part:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(written)
    with complete(certificate) as part:
        part.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return made


def _general(name: str):  # type: ignore[no-untyped-def]
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
