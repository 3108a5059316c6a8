from django.template.loader import render_to_string
from django.utils.safestring import SafeString

ROUND = 100  # the circle's length in its own units (pathLength)


def progress_ring(done: int, total: int, title: str) -> SafeString:
    """How much of a whole is done, as a ring with the percentage in its middle."""
    share = 0 if total <= 0 else min(max(done * ROUND // total, 0), ROUND)
    return render_to_string("ui/charts/ring.html", {"share": share, "rest": ROUND - share, "title": title})
