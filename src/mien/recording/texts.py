"""What a participant is told, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

LANGUAGES = ("de", "en")

INSTRUCTIONS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "disappointed": {
            "de": "Schauen Sie auf den Punkt und zeigen Sie, dass Sie enttäuscht sind.",
            "en": "Look at the point and show that you are disappointed.",
        },
        "stressed": {
            "de": "Schauen Sie auf den Punkt und zeigen Sie, dass Sie gestresst sind.",
            "en": "Look at the point and show that you are stressed.",
        },
        "happy": {
            "de": "Schauen Sie auf den Punkt und zeigen Sie, dass Sie glücklich sind.",
            "en": "Look at the point and show that you are happy.",
        },
        "sad": {
            "de": "Schauen Sie auf den Punkt und zeigen Sie, dass Sie traurig sind.",
            "en": "Look at the point and show that you are sad.",
        },
        "surprised": {
            "de": "Schauen Sie auf den Punkt und zeigen Sie, dass Sie überrascht sind.",
            "en": "Look at the point and show that you are surprised.",
        },
        "neutral": {
            "de": "Schauen Sie mit entspanntem Gesicht auf den Punkt, ohne etwas auszudrücken.",
            "en": "Look at the point with a relaxed face that expresses nothing.",
        },
        "happiness": {
            "de": "Schauen Sie auf den Punkt und zeigen Sie Freude, so wie Sie sie sonst zeigen.",
            "en": "Look at the point and show happiness, the way you usually show it.",
        },
        "surprise": {
            "de": "Schauen Sie auf den Punkt und zeigen Sie, dass Sie überrascht sind.",
            "en": "Look at the point and show that you are surprised.",
        },
        "sadness": {
            "de": "Schauen Sie auf den Punkt und zeigen Sie Trauer, so wie Sie sie sonst zeigen.",
            "en": "Look at the point and show sadness, the way you usually show it.",
        },
        "anger": {
            "de": "Schauen Sie auf den Punkt und zeigen Sie, dass Sie wütend sind.",
            "en": "Look at the point and show that you are angry.",
        },
        "disgust": {
            "de": "Schauen Sie auf den Punkt und zeigen Sie, dass Sie sich ekeln.",
            "en": "Look at the point and show that you are disgusted.",
        },
        "fear": {
            "de": "Schauen Sie auf den Punkt und zeigen Sie, dass Sie Angst haben.",
            "en": "Look at the point and show that you are afraid.",
        },
    }
)
"""What a participant is asked for, by expression and language."""

NAMED: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "disappointed": {"de": "enttäuscht"},
        "stressed": {"de": "gestresst"},
        "happy": {"de": "glücklich"},
        "sad": {"de": "traurig"},
        "surprised": {"de": "überrascht"},
        "neutral": {"de": "neutral"},
        "happiness": {"de": "Freude"},
        "surprise": {"de": "Überraschung"},
        "sadness": {"de": "Trauer"},
        "anger": {"de": "Wut"},
        "disgust": {"de": "Ekel"},
        "fear": {"de": "Angst"},
    }
)
"""What an expression is called on screens, by language; files keep its own word."""

WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "other": {
            "de": "Schauen Sie auf den Punkt und zeigen Sie: {expression}.",
            "en": "Look at the point and show: {expression}.",
        },
        "consent": {
            "de": "Aufgezeichnet werden Zahlen, die die Bewegung Ihres Gesichts beschreiben, unter "
            "einem Decknamen. Bilder werden nicht gespeichert. Sie können jederzeit aufhören.",
            "en": "Numbers that describe the movement of your face are recorded, under a "
            "pseudonym. No picture is saved. You may stop at any time.",
        },
        "ready": {"de": "Beginnen Sie, wenn Sie so weit sind.", "en": "Start when you are ready."},
        "hold": {
            "de": "Zeigen Sie den Ausdruck, bis der Balken voll ist.",
            "en": "Keep the expression until the bar is full.",
        },
        "fixate": {"de": "Schauen Sie auf den Punkt.", "en": "Look at the point."},
        "lost": {
            "de": "Pause: Ihr Gesicht ist nicht zu sehen. Kommen Sie bitte zurück ins Bild.",
            "en": "Paused: your face cannot be seen. Please come back into the picture.",
        },
        "turned": {
            "de": "Pause: Ihr Gesicht ist abgewandt. Schauen Sie bitte wieder in die Kamera.",
            "en": "Paused: your face is turned away. Please look into the camera again.",
        },
        "back": {
            "de": "Gut. Zeigen Sie den Ausdruck wieder: Es geht gleich weiter.",
            "en": "Good. Show the expression again: it goes on in a moment.",
        },
        "done": {
            "de": "Fertig. Vielen Dank!",
            "en": "That was all. Thank you!",
        },
        "aborted": {
            "de": "Abgebrochen. Was bis hierher aufgezeichnet wurde, ist noch da.",
            "en": "Stopped. What was recorded so far is kept.",
        },
    }
)
"""What is said besides, by occasion and language; `other` asks for what has no instruction."""
