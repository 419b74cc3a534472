"""Every error has a code of its own, so that nobody has to read its sentence or its class."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import mien


def errors() -> dict[str, str | None]:
    """The code that each class of error gives itself, by name of the class; in all of mien."""
    classes = [
        node
        for path in sorted(Path(mien.__file__).parent.rglob("*.py"))
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.ClassDef)
    ]
    found: dict[str, str | None] = {}
    known = {"MienError"}
    bases = {
        node: {ast.unparse(base).rpartition(".")[2] for base in node.bases} for node in classes
    }
    for _ in classes:  # bases may stand after what inherits from them
        more = {node.name for node in classes if known & bases[node]}
        if more <= known:
            break
        known |= more
    for node in classes:
        if node.name in known:
            found[node.name] = None
            for line in node.body:
                target = line.target if isinstance(line, ast.AnnAssign) else None
                if isinstance(line, ast.Assign):
                    target = line.targets[0]
                if isinstance(target, ast.Name) and target.id == "code" and line.value is not None:
                    found[node.name] = ast.literal_eval(line.value)
    return found


def test_every_error_has_a_code_and_no_two_share_one():
    found = errors()
    assert {"MienError", "PrivacyError", "Withheld"} <= set(found)
    assert [name for name, code in found.items() if code is None] == []
    assert len(set(found.values())) == len(found)
    for code in found.values():
        assert re.fullmatch("[a-z]+(-[a-z]+)*", code)
