"""Draw every size of an emoji again. What comes out is a WebP picture of ours, whatever came in."""

import io

from PIL import Image

from subscriptions.studio.reading import Art

SIZES = (28, 56, 112)


def draw_sizes(art: Art) -> dict[int, bytes]:
    """Size in pixels → WebP; an animation stays one, with the same times, and goes round for ever."""
    return {size: _drawn(art, size) for size in SIZES}


def _drawn(art: Art, size: int) -> bytes:
    frames = [
        frame if frame.width == size else frame.resize((size, size), Image.Resampling.LANCZOS) for frame in art.frames
    ]
    out = io.BytesIO()
    if not art.is_animated:
        frames[0].save(out, "WEBP", quality=90, method=4)
    else:
        frames[0].save(
            out,
            "WEBP",
            save_all=True,
            append_images=frames[1:],
            duration=list(art.durations_ms),
            loop=0,
            quality=80,
            method=4,
            # Without this, frames that equal the one before would be swallowed together with their time.
            minimize_size=False,
        )
    return out.getvalue()
