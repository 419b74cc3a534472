"""The form of every data card: the headings of [1]_, and what is said where nothing is stated.

References
----------
.. [1] Gebru et al., "Datasheets for datasets", Communications of the ACM 64(12), 2021.
"""

from __future__ import annotations

from typing import Any

from mien.pipeline.manifest import versions
from mien.report.language import language, told

UNSTATED = {
    "consent": "**not stated**: ask before use",
    "licence": "**not stated**: ask before passing it on",
    "contact": "not stated",
}


def datasheet(kind: str, **values: Any) -> str:
    """A data card, Markdown, in the language that is written now; the same values give the same
    text.

    Parameters
    ----------
    kind : {"clips", "encounter"}
        Which template.
    values
        What it names; empty ones of `UNSTATED` are said to be so.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("mien", f"release/templates/{language()}"),
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # Markdown: nothing here is HTML
    )
    stated = {key: values.get(key) or told(text) for key, text in UNSTATED.items()}
    template = environment.get_template(f"{kind}.md")
    return template.render({**values, **stated, "mien": versions()["mien"]})
