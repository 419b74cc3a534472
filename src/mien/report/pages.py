"""What every page of a report is made with: templates, and a policy that lets nothing in or out."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from mien.report.drawing import Drawing
from mien.report.language import Verbatim, language, told


def render(template: str, scripts: tuple[str, ...] = (), style: str = "", **content: Any) -> str:
    """Fill a template, escaping whatever is put into it, in the language that is written now.

    Parameters
    ----------
    template : str
        Its file's name.
    scripts : tuple of str
        The only ones that the page may run.
    style : str
        Put after the style of all pages.
    **content
        What else the template names.
    """
    environment = Environment(
        loader=PackageLoader("mien.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["told"] = _told
    return environment.get_template(template).render(
        language=language(),
        policy=policy(scripts),
        style=Markup(raw("style.css") + style),
        scripts=[Markup(text) for text in scripts],
        **content,
    )


def _told(text: str) -> str:
    """A sentence of a template in the page's language; what was escaped stays so."""
    if isinstance(text, Verbatim):
        return text
    sentence = " ".join(str(text).split())
    if isinstance(text, Markup) and "<" not in sentence:
        return escape(told(Markup(sentence).unescape()))
    return Markup(told(sentence)) if isinstance(text, Markup) else told(sentence)


def raw(name: str) -> str:
    """A template's text as it is."""
    return (files("mien.report") / "templates" / name).read_text("utf-8")


def policy(scripts: tuple[str, ...]) -> str:
    """A content security policy that lets exactly these scripts run and nothing be fetched."""
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
        for text in scripts
    )
    return (
        f"default-src 'none'; script-src {hashes or chr(39) + 'none' + chr(39)}; "
        "style-src 'unsafe-inline'; img-src data: blob:; media-src blob: data:; "
        "base-uri 'none'; form-action 'none'"
    )


def uri(data: bytes, kind: str) -> str:
    """Data of a kind, such as ``"image/png"``, as part of a page."""
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def in_page(drawings: Mapping[str, Drawing]) -> dict[str, dict[str, str]]:
    """Figures as the templates show them: ``caption`` and ``uri`` by name."""
    return {
        name: {"caption": drawing.caption, "uri": uri(drawing.png, "image/png")}
        for name, drawing in drawings.items()
    }
