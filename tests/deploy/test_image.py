"""What an image is made of: the sources that it needs, and nothing that lies beside them."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_only_what_is_named_comes_into_an_image():
    lines = [
        line for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line and not line.startswith("#")
    ]  # fmt: skip
    assert lines[0] == "*"  # a folder with patients beside the sources stays out
    named = {line[1:] for line in lines if line.startswith("!")}
    assert all((ROOT / name).exists() and "*" not in name for name in named)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    copied = re.findall(r"/mien/([\w.-]+)", (ROOT / "Containerfile").read_text())
    lists = [name for name in copied if name.endswith(".lock")]
    assert lists == ["requirements-app.lock"]
    assert {*lists, project["readme"], *project["license-files"], "src", "pyproject.toml"} == named


def test_the_public_name_stands_where_it_is_said_to():
    proxy = (ROOT / "deploy" / "nginx.conf").read_text()
    assert "in the three places" in proxy and proxy.count("mien.hospital.example") == 3
    for name in ("mien.service", "compose.yaml"):
        words = (ROOT / "deploy" / name).read_text()
        assert words.count("--name mien.hospital.example") == 1
        assert "--unix-socket /run/mien/mien.sock" in words
    assert proxy.count("http://unix:/run/mien/mien.sock") == 2
