"""Names of languages: databases write codes of two or three letters, or words."""

from __future__ import annotations

import re

_NAMES = {
    "Afrikaans": "af afr",
    "Albanian": "sq alb sqi",
    "Arabic": "ar ara",
    "Bosnian": "bs bos",
    "Bulgarian": "bg bul",
    "Catalan": "ca cat",
    "Chinese": "zh chi zho zh-cn zh-tw",
    "Croatian": "hr hrv scr",
    "Czech": "cs cze ces",
    "Danish": "da dan",
    "Dutch": "nl dut nld",
    "English": "en eng en-us en-gb",
    "Estonian": "et est",
    "Finnish": "fi fin",
    "French": "fr fre fra",
    "Georgian": "ka geo kat",
    "German": "de ger deu",
    "Greek": "el gre ell",
    "Hebrew": "he heb iw",
    "Hindi": "hi hin",
    "Hungarian": "hu hun",
    "Icelandic": "is ice isl",
    "Indonesian": "id ind",
    "Italian": "it ita",
    "Japanese": "ja jpn",
    "Korean": "ko kor",
    "Latvian": "lv lav",
    "Lithuanian": "lt lit",
    "Macedonian": "mk mac mkd",
    "Malay": "ms may msa",
    "Norwegian": "no nor nb nob nn nno",
    "Persian": "fa per fas",
    "Polish": "pl pol",
    "Portuguese": "pt por pt-br",
    "Romanian": "ro rum ron",
    "Russian": "ru rus",
    "Serbian": "sr srp scc",
    "Slovak": "sk slo slk",
    "Slovenian": "sl slv",
    "Spanish": "es spa",
    "Swedish": "sv swe",
    "Thai": "th tha",
    "Turkish": "tr tur",
    "Ukrainian": "uk ukr",
    "Urdu": "ur urd",
    "Vietnamese": "vi vie",
}
_BY_CODE = {code: name for name, codes in _NAMES.items() for code in codes.split()}
_BETWEEN = re.compile(r"\s*[;,|/\n]\s*|\s+and\s+")


def language_of(written: str) -> str:
    """A language, or several, in English words.

    Parameters
    ----------
    written : str
        Codes of ISO 639 or words; what is not known stays as it is.

    Returns
    -------
    language : str
        Such as ``English``; several are joined by ``; ``.
    """
    found = []
    for part in _BETWEEN.split(written):
        part = part.strip().strip(".").strip()
        if part:
            name = _BY_CODE.get(part.lower().replace("_", "-"))
            found.append(name or (part.capitalize() if part.isupper() or part.islower() else part))
    return "; ".join(dict.fromkeys(found))
