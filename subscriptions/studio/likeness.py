"""Do two emojis look alike? A difference hash: 128 bits that say where a picture gets lighter, across and down.

It survives other sizes, formats and small retouches; a mirrored copy is found too. The two pictures are for people to
compare: alike is a hint, never a verdict. Written here because the libraries for it bring three numeric packages along.
"""

from PIL import Image, ImageOps

from subscriptions.studio.light import laid_on

BITS, ALIKE_WITHIN = 128, 14
# Between the two themes' grounds, so that light and dark drawings both stand out.
GRAY = (128, 128, 128)


def fingerprint(picture: Image.Image) -> str:
    """32 hex digits."""
    gray = laid_on(cropped(picture), GRAY).convert("L")
    across = gray.resize((9, 8), Image.Resampling.LANCZOS).tobytes()
    down = gray.resize((8, 9), Image.Resampling.LANCZOS).tobytes()
    bits = [across[row * 9 + col] < across[row * 9 + col + 1] for row in range(8) for col in range(8)]
    bits += [down[row * 8 + col] < down[(row + 1) * 8 + col] for row in range(8) for col in range(8)]
    return f"{int(''.join('01'[bit] for bit in bits), 2):032x}"


def mirrored(picture: Image.Image) -> str:
    """The fingerprint of the picture seen in a mirror."""
    return fingerprint(ImageOps.mirror(picture))


def cropped(picture: Image.Image) -> Image.Image:
    """Only what is visible: a border around a copy does not hide it."""
    box = picture.getchannel("A").getbbox()
    return picture.crop(box) if box else picture


def apart(one: str, other: str) -> int:
    """In how many of 128 bits two fingerprints differ."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def alike_percent(one: str, other: str) -> int:
    return round(100 * (1 - apart(one, other) / BITS))
