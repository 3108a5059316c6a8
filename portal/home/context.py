"""What the frame of every page needs: who is asking, in which role, and where they may go."""

from django.conf import settings
from django.http import HttpRequest


def frame(request: HttpRequest) -> dict[str, object]:
    return {"site_name": settings.SITE_NAME, "is_sandbox": settings.SANDBOX, "is_demo": settings.DEMO}
