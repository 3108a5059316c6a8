"""Texts that read in another language as they do in English: names, and words both languages share."""

NAMES = frozenset({"RPM", "TikTok"})
SAME = {
    "ar": NAMES,
    "es": NAMES
    | frozenset(
        {
            "%(minutes)s min",
            "Chat",
            "Clip",
            "Clip %(id)s",
            "Emojis",
            "Factor",
            "Fan",
            "Id",
            "Ideas",
            "Markdown.",
            "Plan",
            "SKU",
            "Total",
            "color",
            "demo",
            "no",
            "original",
        }
    ),
}
