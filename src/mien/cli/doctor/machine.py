"""The machine, packages and extras: what is there, without loading what is heavy."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
import webbrowser
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from mien.advice import checkout, to_get
from mien.cli.doctor.check import Check
from mien.cli.failure import EXTRAS

_NEEDED = (
    *("av", "dlib-bin", "face_recognition_models", "matplotlib", "numba", "numpy"),
    *("onnx", "onnxruntime", "rich", "scipy", "tflite", "typer"),
)
_OPENCVS = (
    *("opencv-python-headless", "opencv-python"),
    *("opencv-contrib-python-headless", "opencv-contrib-python"),
)
_ONE_OPENCV = (
    f"pip uninstall -y {' '.join(_OPENCVS)}, then pip install --no-deps opencv-python-headless"
)
_ALSO = {"c2pa": "c2pa", "pyvirtualcam": "live", "ray": "scale"}
_FEW_GB = 2.0
_LITTLE_MEMORY_GB = 3.0
_BROWSERS = {
    "Chromium": ("chromium", "chromium-browser"),
    "Chrome": ("google-chrome", "google-chrome-stable", "chrome"),
    "Firefox": ("firefox", "firefox-esr"),
    "Edge": ("microsoft-edge", "msedge"),
    "Safari": ("safari",),
}
_V4L = Path("/sys/class/video4linux")


def extras() -> dict[str, list[str]]:
    """Packages that are missing, by extra; an empty list where all are there."""
    found: dict[str, list[str]] = {}
    for package, extra in {
        **EXTRAS,
        "c2pa": "c2pa",
        "pyvirtualcam": "live",
        "ray": "scale",
    }.items():
        missing = found.setdefault(extra, [])
        if find_spec(package) is None:
            missing.append(package)
    return found


def check_machine() -> list[Check]:
    """Where mien runs."""
    root = checkout()
    where = "installed" if root is None else f"in a checkout, {root}"
    system = f"{platform.system()} {platform.release()}, {platform.machine()}"
    python = platform.python_version()
    fits = (3, 11) <= sys.version_info[:2] <= (3, 13)
    return [
        Check("machine", "mien", "ok", f"{version('mien')}, {where}"),
        Check(
            "machine",
            "Python",
            "ok" if fits else "broken",
            f"{python}, {sys.executable}",
            "" if fits else "use Python 3.11, 3.12 or 3.13",
        ),
        Check("machine", "system", "ok", f"{system}, {os.cpu_count()} cores, {_memory()}"),
    ]


def _memory() -> str:
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    except (AttributeError, OSError, ValueError):
        return "memory not known"
    few = ", which is little: 3 GB are needed for long clips" if size < _LITTLE_MEMORY_GB else ""
    return f"{size:.1f} GB of memory{few}"


def check_packages() -> list[Check]:
    """What de-identifying needs."""
    missing, found = [], []
    for name in _NEEDED:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        again = "make setup" if checkout() else "pip install --force-reinstall mien"
        words = f"missing: {', '.join(missing)}"
        return [Check("packages", "needed", "broken", words, again)]
    return [Check("packages", "needed", "ok", f"{len(found)} are there"), _opencv()]


def _opencv() -> Check:
    """Builds of OpenCV may lie on top of each other: other packages ask for other ones."""
    try:
        import cv2
    except ImportError as exc:
        return Check(
            "packages",
            "OpenCV",
            "broken",
            f"cannot be loaded: {' '.join(str(exc).split())}",
            f"{_ONE_OPENCV} (or, on Debian, apt-get install libgl1 libglib2.0-0)",
        )
    builds = {}
    for name in _OPENCVS:
        try:
            builds[name] = version(name)
        except PackageNotFoundError:
            continue
    if len(set(builds.values())) > 1:
        words = "; ".join(f"{name} {one}" for name, one in builds.items())
        return Check(
            "packages", "OpenCV", "broken", f"several versions in one place: {words}", _ONE_OPENCV
        )
    return Check("packages", "OpenCV", "ok", f"{cv2.__version__}")


def check_extras() -> list[Check]:
    """What some commands need."""
    return [
        Check("extras", extra, "missing", f"without {', '.join(missing)}", to_get(extra))
        if missing
        else Check("extras", extra, "ok", "installed")
        for extra, missing in sorted(extras().items())
    ]


def check_disk() -> list[Check]:
    """Where results would go, and where what is temporary does."""
    places = {"this folder": Path.cwd(), "temporary": Path(tempfile.gettempdir())}
    found = []
    for name, place in places.items():
        try:
            free = shutil.disk_usage(place).free / 1e9
        except OSError as exc:
            found.append(Check("disk", name, "broken", f"{place}: {exc.strerror or exc}"))
            continue
        writable = os.access(place, os.W_OK)
        words = f"{free:.1f} GB free in {place}" + ("" if writable else ", not writable")
        if free < _FEW_GB:
            found.append(Check("disk", name, "missing", words, "free some: a clip needs its size"))
        elif not writable:
            found.append(Check("disk", name, "missing", words, "work in another folder"))
        else:
            found.append(Check("disk", name, "ok", words))
    return found


def check_cameras() -> list[Check]:
    """Cameras and virtual ones, by what the system lists: none is opened, no light goes on."""
    if not platform.system() == "Linux":
        words = "not looked for on this system: mien live says whether camera 0 opens"
        return [Check("camera", "cameras", "unknown", words), _virtual(None)]
    devices = sorted(_V4L.iterdir()) if _V4L.is_dir() else []
    real: list[str] = []
    virtual: list[str] = []
    for device in devices:
        try:
            name = (device / "name").read_text().strip()
        except OSError:
            name = device.name
        there = virtual if "/virtual/" in str(device.resolve()) else real
        there.append(f"{device.name.removeprefix('video')} ({name})")
    if real:
        usable = any(os.access(f"/dev/video{one.split()[0]}", os.R_OK | os.W_OK) for one in real)
        cameras = (
            Check("camera", "cameras", "ok", ", ".join(real))
            if usable
            else Check(
                "camera",
                "cameras",
                "missing",
                f"{', '.join(real)}, which you may not open",
                "join the group video: sudo usermod -aG video $USER",
            )
        )
    else:
        cameras = Check(
            "camera", "cameras", "missing", "none", "mien live and mien record also take a clip"
        )
    return [cameras, _virtual(virtual)]


def _virtual(devices: list[str] | None) -> Check:
    name = "virtual camera"
    if find_spec("pyvirtualcam") is None:
        return Check("camera", name, "missing", "pyvirtualcam is not installed", to_get("live"))
    if devices is None:
        return Check("camera", name, "unknown", "pyvirtualcam is there; OBS has to be, too")
    if not devices:
        advice = "apt-get install v4l2loopback-dkms, then modprobe v4l2loopback"
        return Check("camera", name, "missing", "no device of v4l2loopback", advice)
    return Check("camera", name, "ok", ", ".join(devices))


def check_browsers() -> list[Check]:
    """Programs that can show the pages of `mien serve` and reports."""
    found = [
        browser for browser, names in _BROWSERS.items() if any(shutil.which(name) for name in names)
    ]
    if found:
        return [Check("browser", "browsers", "ok", ", ".join(found))]
    try:
        webbrowser.get()
    except webbrowser.Error:
        advice = "install one, or open the address of mien serve on this machine another way"
        return [Check("browser", "browsers", "missing", "none found", advice)]
    return [Check("browser", "browsers", "ok", "the system has one")]
