"""The machine doors: views in, orders in. Each product brings a router; here they get one address and one voice."""

import logging

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from portal.api.problems import problem
from portal.kit.refusal import Refusal
from rewards.api import router as rewards_router
from shop.api import router as shop_router

log = logging.getLogger(__name__)

api = NinjaAPI(
    title="Glasshouse",
    version="1",
    description="Views and orders come in here. Every request is signed; every batch may be sent again.",
    urls_namespace="api",
    docs_url="/docs",
    openapi_url="/openapi.json",
)
api.add_router("", rewards_router)
api.add_router("", shop_router)


@api.exception_handler(Refusal)
def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    return problem(request, status=refusal.status, title=str(refusal), code=refusal.code)


@api.exception_handler(ValidationError)
def not_valid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    # The input itself is left out: it may hold what should not be echoed.
    errors = [{"where": ".".join(map(str, e["loc"])), "what": e["msg"]} for e in error.errors]
    detail = f"{errors[0]['where']}: {errors[0]['what']}" if errors else ""
    return problem(request, status=422, title="The request has the wrong shape.", detail=detail, errors=errors)


@api.exception_handler(HttpError)
def http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    return problem(request, status=error.status_code, title=str(error))


@api.exception_handler(AuthenticationError)
def not_signed(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return problem(request, status=401, title="The signature is missing or wrong.")


@api.exception_handler(Http404)
def not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem(request, status=404, title="There is no such thing.")


@api.exception_handler(RequestDataTooBig)
def too_big(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return problem(request, status=413, title="The request is too large. Send it in smaller batches.")


@api.exception_handler(Exception)
def broken(request: HttpRequest, error: Exception) -> HttpResponse:
    log.error("the machine door %s broke", request.path, exc_info=error)
    return problem(request, status=500, title="Something broke on our side. It is safe to send the same again.")
