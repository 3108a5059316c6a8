"""Short ids for URLs that nobody can guess or count."""

import secrets

# No vowels (no words by accident), nothing that looks like something else.
ALPHABET = "23456789bcdfghjkmnpqrstvwxyz"


def public_id(length: int = 12) -> str:
    """`length` letters of a 28-letter alphabet: 12 letters are 57 bits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))
