"""How the server is run; validated once."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path

from mien.errors import ParameterError
from mien.web.queue.retention import Retention

_ANYWHERE = ("0.0.0.0", "::")
_GIB = 1 << 30


@dataclass(frozen=True)
class Serving:
    """How the server is run."""

    data: Path
    """Folder of the user's choice that holds originals, results and the database."""
    host: str = "127.0.0.1"
    """Address to listen on."""
    names: tuple[str, ...] = ()
    """Further names under which browsers reach `host`."""
    password: str | None = None
    """What opens a session from elsewhere; None leaves only the printed address."""
    certificate: Path | None = None
    """TLS certificate chain, PEM."""
    key: Path | None = None
    """Private key of `certificate`, PEM."""
    self_signed: bool = False
    """Whether the server signs a certificate itself, where none is given."""
    keep_originals: float | None = None
    """Days after which originals are removed; None for never."""
    keep_results: float | None = None
    """Days after which clips are removed with all that was made of them; None for never."""
    quota: int | None = None
    """Bytes that the data folder may take; None for as many as the disk has."""
    quota_each: int | None = None
    """Bytes that the projects of one account may take, unless it says something else."""
    accounts: bool = False
    """Whether people log in by name; there have to be accounts in the data folder."""
    behind_proxy: bool = False
    """Whether another program on this computer takes requests by https, under the one name that
    `names` has, and says so in ``X-Forwarded-Proto`` and ``X-Forwarded-Host``."""
    unix_socket: Path | None = None
    """Where to listen instead of `host`, behind a proxy."""
    unprotected: bool = False
    """Whether another host than this computer is allowed without a password and TLS."""
    workers: int | None = None
    """Worker processes; None for one per two cores."""
    largest: int = 16 * _GIB
    """Bytes that an upload may have."""
    token_s: float = 900.0
    """Seconds for which the printed address opens a session."""
    session_s: float = 12 * 3600.0
    """Seconds for which a session lasts."""
    traces: bool = False
    """Whether unexpected failures are printed in full; names of clips may be in them."""
    studies: tuple[Path, ...] = ()
    """Folders of rating studies whose raters are let in by their links."""
    reviews: tuple[Path, ...] = ()
    """Folders of reviews whose reviewers are let in by their links."""
    batches: tuple[Path, ...] = ()
    """Folders of batches that are shown."""
    work: str = "mien.web.works.kinds:do"
    """What workers call on a job, as ``module:function``."""

    def __post_init__(self) -> None:
        if (self.certificate is None) != (self.key is None):
            raise ParameterError("TLS needs both: give --tls-certificate and --tls-key.")
        if self.self_signed and self.certificate is not None:
            raise ParameterError(
                "There are two certificates: give --tls-certificate or --tls-self-signed, not both."
            )
        if self.password is not None and len(self.password) < 10:
            raise ParameterError("The password is too short: give at least 10 characters.")
        if self.workers is not None and self.workers < 1:
            raise ParameterError(f"workers is {self.workers}: give at least 1.")
        if self.behind_proxy or self.unix_socket is not None:
            self._check_proxy()
        if self.on_loopback:
            return
        open_to_all = self.password is None and not self.accounts
        if not self.unprotected and (open_to_all or self.scheme == "http"):
            raise ParameterError(
                f"{self.host} can be reached from other computers: give --accounts or "
                "--password-file, and --tls-certificate with --tls-key or --tls-self-signed; or "
                "--unprotected to go without."
            )
        if self.host in _ANYWHERE and not self.names:
            raise ParameterError(
                f"{self.host} is no address that a browser can ask for: add --name with the name "
                "or address of this computer."
            )

    def _check_proxy(self) -> None:
        """Refuse what does not go together with a proxy."""
        if not self.behind_proxy:
            raise ParameterError("Only a proxy asks at a unix socket: add --behind-proxy.")
        if self.password is None and not self.accounts:
            raise ParameterError(
                "Behind a proxy other computers reach the server: give --accounts (see mien users) "
                "or --password-file."
            )
        if len(self.names) != 1:
            raise ParameterError(
                "Behind a proxy there is one public name: give it with --name, as in "
                "mien.hospital.example."
            )
        if not self.on_loopback:
            raise ParameterError(
                f"Behind a proxy {self.host} is not listened on: leave --host out, so that only "
                "this computer, and the proxy on it, reaches the server."
            )
        if self.self_signed or self.certificate is not None:
            raise ParameterError(
                "Behind a proxy the certificate is the proxy's: leave --tls-certificate, --tls-key "
                "and --tls-self-signed out."
            )

    @property
    def retention(self) -> Retention:
        """How long is kept what."""
        return Retention(self.keep_originals, self.keep_results)

    @property
    def on_loopback(self) -> bool:
        """Whether only this computer can reach the server."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def scheme(self) -> str:
        """`http` or `https`, as browsers ask for it."""
        tls = self.behind_proxy or self.self_signed or self.certificate is not None
        return "https" if tls else "http"

    @property
    def worker_count(self) -> int:
        """Worker processes to run."""
        return self.workers or max(1, (os.cpu_count() or 1) // 2)

    @property
    def reached_by(self) -> tuple[str, ...]:
        """Names and addresses by which browsers may ask, without the port."""
        names = {self.host, *self.names} - set(_ANYWHERE)
        if self.on_loopback:
            names |= {"127.0.0.1", "localhost", "::1"}
        return tuple(sorted(names))

    def hosts(self, port: int) -> frozenset[str]:
        """Values of the `Host` header that are answered; behind a proxy its name and no other."""
        if self.behind_proxy:
            return frozenset(name.lower() for name in self.names)
        written = {f"[{name}]" if ":" in name else name.lower() for name in self.reached_by}
        found = {f"{name}:{port}" for name in written}
        if port == (80 if self.scheme == "http" else 443):
            found |= written
        return frozenset(found)
