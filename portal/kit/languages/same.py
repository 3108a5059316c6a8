"""Texts that read in another language as they do in English: names, and words both languages share."""

NAMES = frozenset({"TikTok"})
SAME = {
    "es": NAMES,
    "ar": NAMES,
}
