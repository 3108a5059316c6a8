"""Refusals for machines: problem details (RFC 9457), one shape for everything that goes wrong."""

from django.http import HttpRequest, JsonResponse


def problem(
    request: HttpRequest, *, status: int, title: str, detail: str = "", code: str = "", errors: object = None
) -> JsonResponse:
    """`application/problem+json` with title, status, detail, instance, and where there are any: code, errors."""
    body: dict[str, object] = {
        "type": f"about:blank#{code}" if code else "about:blank",
        "title": title,
        "status": status,
        "detail": detail or title,
        "instance": request.path,
    }
    if code:
        body["code"] = code
    if errors:
        body["errors"] = errors
    return JsonResponse(body, status=status, content_type="application/problem+json")
