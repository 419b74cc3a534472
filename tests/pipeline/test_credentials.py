"""Content credentials: what is asked of the library, and that a signed clip is the same clip."""

from __future__ import annotations

import base64
import datetime
import json
import sys
from fractions import Fraction
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import av
import numpy as np
import pytest

from mien.errors import EngineError, OutputError, ParameterError
from mien.pipeline import credentials
from mien.pipeline.credentials import Signer, sign, statement
from mien.video import Reader, VideoInfo, Writer

LABEL = "Synthetic: the faces in this video show nobody."
SOFTWARE = "mien/0.1.0"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


def pkcs8(head: str) -> str:
    """The frame of a private key whose content starts with some bytes."""
    body = base64.b64encode(bytes.fromhex(head) + bytes(60)).decode()
    return f"-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n"


P256 = pkcs8("308187020100301306072a8648ce3d020106082a8648ce3d030107")


class Stub(ModuleType):
    """Stands in for the library: notes what it is asked for, and appends a box."""

    class C2paError(Exception):
        pass

    def __init__(self) -> None:
        super().__init__("c2pa")
        self.__spec__ = ModuleSpec("c2pa", None)
        stub = self
        self.signers: list[tuple] = []
        self.settings: list[dict] = []
        self.manifests: list[dict] = []
        self.media: list[str] = []
        self.fails: Exception | None = None

        class Builder:
            def __init__(self, manifest, context):
                stub.manifests.append(manifest)

            def __enter__(self):
                return self

            def __exit__(self, *error):
                pass

            def sign(self, pen, media, source, target):
                stub.media.append(media)
                target.write(source.read() + b"signed")
                if stub.fails is not None:
                    raise stub.fails

        self.Builder = Builder
        self.C2paSignerInfo = lambda *given: given
        self.Signer = ModuleType("Signer")
        self.Signer.from_info = self.signers.append
        self.Context = ModuleType("Context")
        self.Context.from_dict = self.settings.append


class _Signature(Stub.C2paError):
    pass


class _Io(Stub.C2paError):
    pass


Stub.C2paError.Signature = _Signature
Stub.C2paError.Io = _Io


@pytest.fixture
def stub(monkeypatch) -> Stub:
    module = Stub()
    monkeypatch.setitem(sys.modules, "c2pa", module)
    return module


@pytest.fixture
def files(tmp_path) -> tuple[Path, Path]:
    certificate, key = tmp_path / "chain.pem", tmp_path / "own.key"
    certificate.write_text(CERTIFICATE)
    key.write_text(P256)
    return certificate, key


@pytest.fixture
def clip(tmp_path) -> Path:
    """Ten frames at uneven times, as `Writer` leaves them."""
    path = tmp_path / "patient-name.mp4"
    info = VideoInfo(64, 48, Fraction(1, 30000), Fraction(30))
    rng = np.random.default_rng(2)
    with Writer(path, info, comment=LABEL) as writer:
        for k in range(10):
            image = rng.integers(0, 255, (48, 64, 3), dtype=np.uint8)
            writer.write(image, 1001 * k + 17 * (k % 3))
        writer.commit()
    return path


def test_without_the_package_a_signer_says_what_to_install(monkeypatch, files):
    monkeypatch.setitem(sys.modules, "c2pa", None)
    assert not credentials.available()
    with pytest.raises(EngineError, match=r"c2pa-python: (pip|make) .*c2pa"):
        Signer(*files)


@pytest.mark.parametrize(
    ("head", "name"),
    [
        ("308187020100301306072a8648ce3d020106082a8648ce3d030107", "es256"),
        ("3081b6020100301006072a8648ce3d020106052b81040022", "es384"),
        ("3081ee020100301006072a8648ce3d020106052b81040023", "es512"),
        ("308204bd020100300d06092a864886f70d0101010500", "ps256"),
        ("302e020100300506032b6570", "ed25519"),
    ],
)
def test_the_key_names_the_algorithm(stub, files, head, name):
    files[1].write_text(pkcs8(head))
    Signer(*files)
    assert stub.signers[0][0] == name


@pytest.mark.parametrize(
    ("certificate", "key", "words"),
    [
        (None, P256, "chain.pem cannot be read"),
        (P256, P256, "holds no certificate"),
        (CERTIFICATE, None, "own.key cannot be read"),
        (CERTIFICATE, CERTIFICATE, "openssl pkcs8"),
        (CERTIFICATE, P256.replace("PRIVATE", "ENCRYPTED PRIVATE"), "openssl pkcs8"),
        (CERTIFICATE, pkcs8("302e020100300506032b656e"), "P-256"),
    ],
)
def test_files_of_no_use_are_refused_before_any_work(stub, files, certificate, key, words):
    for path, text in zip(files, (certificate, key), strict=True):
        path.unlink() if text is None else path.write_text(text)
    with pytest.raises(ParameterError, match=words):
        Signer(*files)
    assert not stub.media


def test_a_pair_that_does_not_sign_is_refused_when_the_signer_is_made(stub, files):
    stub.fails = _Signature("the certificate was self-signed.")
    with pytest.raises(ParameterError, match=r"chain\.pem and own\.key .*self-signed"):
        Signer(*files)


def test_the_library_is_asked_for_a_plain_offline_manifest(stub, files, clip):
    signer = Signer(*files)
    before = clip.read_bytes()
    sign(clip, signer, software=SOFTWARE, label=LABEL)
    assert clip.read_bytes() == before + b"signed"
    assert stub.media[-1] == "video/mp4"
    assert stub.signers[-1][3] is None  # no time stamp server
    settings = stub.settings[-1]
    assert settings["builder"]["thumbnail"] == {"enabled": False}
    assert not settings["verify"]["remote_manifest_fetch"] and not settings["verify"]["ocsp_fetch"]
    assert stub.manifests[-1] == statement(SOFTWARE, LABEL)


def test_the_statement_names_the_software_and_no_source():
    made = statement(SOFTWARE, LABEL)
    assert made["claim_generator_info"] == [{"name": "mien", "version": "0.1.0"}]
    (action,) = made["assertions"][0]["data"]["actions"]
    assert action["description"] == LABEL
    assert action["digitalSourceType"].endswith("/compositeSynthetic")
    assert not {"title", "ingredients", "thumbnail"} & set(made)


@pytest.mark.parametrize(
    ("failure", "error"),
    [(_Io("full"), OutputError), (Stub.C2paError("odd"), EngineError)],
)
def test_a_clip_that_cannot_be_signed_stays_as_it_was(stub, files, clip, failure, error):
    signer = Signer(*files)
    before = clip.read_bytes()
    stub.fails = failure
    with pytest.raises(error):
        sign(clip, signer, software=SOFTWARE, label=LABEL)
    assert clip.read_bytes() == before
    assert {p.name for p in clip.parent.iterdir()} == {"chain.pem", clip.name, "own.key"}


def test_a_missing_clip_is_an_output_error(stub, files, tmp_path):
    with pytest.raises(OutputError, match="cannot be signed"):
        sign(tmp_path / "none.mp4", Signer(*files), software=SOFTWARE, label=LABEL)


# --- with the library itself --------------------------------------------------------------------

installed = pytest.mark.skipif(find_spec("c2pa") is None, reason="c2pa-python is not installed")


def certified(folder: Path, *, days: int = 30) -> tuple[Path, Path]:
    """A certificate of the kind that C2PA allows, vouched for by an authority of our own."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    def named(name: str) -> x509.Name:
        return x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test"),
                x509.NameAttribute(NameOID.COMMON_NAME, name),
            ]
        )

    def usage(**yes: bool) -> x509.KeyUsage:
        kinds = (
            "digital_signature content_commitment key_encipherment data_encipherment "
            "key_agreement key_cert_sign crl_sign encipher_only decipher_only"
        )
        return x509.KeyUsage(**{kind: yes.get(kind, False) for kind in kinds.split()})

    authority, own = (
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP256R1()),
    )
    now = datetime.datetime.now(datetime.UTC)

    def certificate(subject, key, *extensions):
        builder = (
            x509.CertificateBuilder()
            .subject_name(named(subject))
            .issuer_name(named("authority"))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=60))
            .not_valid_after(now + datetime.timedelta(days=days))
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()), False
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(authority, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    chain = certificate(
        "signer",
        own,
        (x509.BasicConstraints(False, None), True),
        (usage(digital_signature=True), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), False),
    ) + certificate(
        "authority",
        authority,
        (x509.BasicConstraints(True, None), True),
        (usage(key_cert_sign=True, crl_sign=True), True),
    )
    (folder / "chain.pem").write_bytes(chain)
    (folder / "own.key").write_bytes(
        own.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return folder / "chain.pem", folder / "own.key"


def frames(path: Path) -> list[tuple[Fraction, bytes]]:
    with Reader(path) as reader:
        return [(frame.pts * frame.time_base, frame.image.tobytes()) for frame in reader]


@installed
def test_a_signed_clip_shows_the_same_frames_at_the_same_times(clip, tmp_path):
    import c2pa

    before = frames(clip)
    sign(clip, Signer(*certified(tmp_path)), software=SOFTWARE, label=LABEL)
    assert frames(clip) == before
    with av.open(str(clip)) as container:
        assert container.metadata["comment"] == LABEL
    with clip.open("rb") as stream, c2pa.Reader("video/mp4", stream) as reader:
        assert reader.get_validation_state() == "Valid"
        told = json.loads(reader.json())
    (manifest,) = told["manifests"].values()
    assert manifest["claim_generator_info"][0]["name"] == "mien"
    assert not {"title", "ingredients", "thumbnail"} & set(manifest)
    assert all(assertion["created"] for assertion in manifest["assertions"])
    assert clip.stem not in json.dumps(told) and str(tmp_path) not in json.dumps(told)
    assert clip.stem.encode() not in clip.read_bytes()


@installed
def test_a_changed_clip_no_longer_agrees_with_its_credentials(clip, tmp_path):
    import c2pa

    sign(clip, Signer(*certified(tmp_path)), software=SOFTWARE, label=LABEL)
    data = bytearray(clip.read_bytes())
    data[data.index(b"mdat") + 40] ^= 1
    clip.write_bytes(data)
    with clip.open("rb") as stream, c2pa.Reader("video/mp4", stream) as reader:
        assert reader.get_validation_state() == "Invalid"


@installed
def test_an_expired_certificate_is_refused(tmp_path):
    with pytest.raises(ParameterError, match="not valid at time of signing"):
        Signer(*certified(tmp_path, days=-1))


@installed
def test_what_is_no_clip_is_not_signed(tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_text("no clip")
    with pytest.raises(EngineError, match="could not be written"):
        sign(path, Signer(*certified(tmp_path)), software=SOFTWARE, label=LABEL)
    assert path.read_text() == "no clip"
