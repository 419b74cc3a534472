"""Text with LaTeX in it, as BibTeX has: accents, letters, symbols and braces."""

from __future__ import annotations

import re
import unicodedata

_ACCENTS = {
    "`": "\u0300",
    "'": "\u0301",
    "^": "\u0302",
    "~": "\u0303",
    '"': "\u0308",
    "=": "\u0304",
    ".": "\u0307",
    "u": "\u0306",
    "v": "\u030c",
    "H": "\u030b",
    "c": "\u0327",
    "k": "\u0328",
    "d": "\u0323",
    "b": "\u0331",
    "r": "\u030a",
    "t": "\u0361",
}
_WORDS = {
    **{"ss": "ß", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "o": "ø", "O": "Ø", "l": "ł"},
    **{"L": "Ł", "aa": "å", "AA": "Å", "i": "ı", "j": "ȷ", "dh": "ð", "DH": "Ð", "th": "þ"},
    **{"TH": "Þ", "dj": "đ", "DJ": "Đ", "textendash": "–", "textemdash": "—", "ldots": "…"},
    **{"textregistered": "®", "texttrademark": "™", "copyright": "©", "textcopyright": "©"},
    **{"textbackslash": "\\", "textasciitilde": "~", "textasciicircum": "^", "textless": "<"},
    **{"textgreater": ">", "textquoteright": "’", "textquoteleft": "‘", "textquotedblleft": "“"},
    **{"textquotedblright": "”", "textdegree": "°", "degree": "°", "pm": "±", "times": "×"},
    **{"leq": "≤", "geq": "≥", "le": "≤", "ge": "≥", "sim": "∼", "approx": "≈", "mu": "μ"},
    **{"alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "kappa": "κ"},
    **{"lambda": "λ", "sigma": "σ", "tau": "τ", "chi": "χ", "omega": "ω", "Delta": "Δ"},
    **{"Omega": "Ω", "theta": "θ", "rho": "ρ", "phi": "φ", "eta": "η", "pi": "π", "S": "§"},
    **{"textmu": "µ", "textbar": "|", "infty": "∞", "rightarrow": "→", "cdot": "·"},
}
_STYLES = "emph|textit|textbf|textrm|textsc|textsf|texttt|textup|mathrm|mathit|mathbf|text|mbox|url"
_ACCENT = re.compile(
    r"\\(?:([`'^~\"=.])\s*|([uvHckdbrt])(?:\s+|(?=\{)))(?:\{\s*(\\?[A-Za-zı])\s*\}|(\\[ij](?![a-zA-Z])|[A-Za-z]))"
)
_STYLE = re.compile(rf"\\(?:{_STYLES})\s*(?=\{{)|\\(?:em|it|bf|rm|sc|tt|sf|bfseries|itshape)\b\s*")
_WORD = re.compile(r"\\([A-Za-z]+)(?:\s*\{\}|\s+|(?![A-Za-z]))")
_ESCAPED = re.compile(r"\\([{}%&#_$ ])")
_HIDE = {sign: chr(0xE000 + k) for k, sign in enumerate("{}%&#_$~\\")}
_SHOW = {ord(hidden): sign for sign, hidden in _HIDE.items()}


def from_latex(text: str) -> str:
    """Plain text from a value of BibTeX; what is not known of LaTeX stays as it is."""
    text = text.strip()
    if "\\" in text:
        text = text.replace(r"\textbackslash{}", _HIDE["\\"])
        text = text.replace(r"\textasciitilde{}", _HIDE["~"])
        text = _ESCAPED.sub(lambda found: _HIDE.get(found.group(1), " "), text)
        text = _ACCENT.sub(_accented, text)
        text = _STYLE.sub("", text)
        text = _WORD.sub(_word, text)
    if "$" in text:
        text = re.sub(r"\$([^$]*)\$", r"\1", text)
    text = text.replace("{", "").replace("}", "")
    text = re.sub(r"(?<![\w/:.])~|~(?![\w/])", " ", text) if "~" in text else text
    text = re.sub(r"(?<=[A-Za-z.])~(?=[A-Z])", " ", text)
    return text.translate(_SHOW)


def to_latex(text: str) -> str:
    """A value of BibTeX that `from_latex` reads as this text; letters stay in UTF-8."""
    text = text.replace("\\", "\0")
    text = re.sub(r"([{}%&#_$])", r"\\\1", text)
    return text.replace("~", r"\textasciitilde{}").replace("\0", r"\textbackslash{}")


def _accented(found: re.Match[str]) -> str:
    mark = _ACCENTS[found.group(1) or found.group(2)]
    letter = (found.group(3) or found.group(4)).replace("\\", "").replace("ı", "i")
    return unicodedata.normalize("NFC", letter + mark)


def _word(found: re.Match[str]) -> str:
    return _WORDS.get(found.group(1), found.group())
