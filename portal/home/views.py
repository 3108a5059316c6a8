from django.http import HttpRequest, HttpResponse

from portal.kit.access import public
from portal.kit.page import page


@public
def home(request: HttpRequest) -> HttpResponse:
    """Everybody's first page: the landing page for strangers, what needs one now for everybody else."""
    return page(request, "home/home.html")
