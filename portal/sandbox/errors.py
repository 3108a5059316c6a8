"""An answer that is an error, in Stripe's words."""

from typing import Any


class ApiError(Exception):
    """`keep`: what happened before the error stays (a declined charge is on record); otherwise the call changed nothing."""

    def __init__(self, status: int, type_: str, message: str, *, keep: bool = False, **fields: Any) -> None:
        super().__init__(message)
        self.status = status
        self.keep = keep
        self.body = {"error": {"type": type_, "message": message, **{k: v for k, v in fields.items() if v is not None}}}

    @property
    def code(self) -> str | None:
        return self.body["error"].get("code")


def for_good(error: ApiError) -> ApiError:
    """The same error, but nothing of the call stays."""
    error.keep = False
    return error


class ConnectionLost(Exception):
    """The call was carried out, its answer never arrives (an injected fault)."""


def invalid(message: str, *, code: str | None = None, param: str | None = None) -> ApiError:
    return ApiError(400, "invalid_request_error", message, code=code, param=param)


def missing(kind: str, id: str, param: str = "id") -> ApiError:
    name = kind.replace("_", " ")
    return ApiError(404, "invalid_request_error", f"No such {name}: '{id}'", code="resource_missing", param=param)


def declined(code: str, decline_code: str | None, message: str, **fields: Any) -> ApiError:
    """A card's no. The failed attempt stays on record."""
    return ApiError(402, "card_error", message, keep=True, code=code, decline_code=decline_code, **fields)


def not_simulated(what: str) -> ApiError:
    """Honest rather than plausible: the sandbox never invents an answer."""
    return ApiError(501, "api_error", f"The sandbox does not simulate {what}.", code="not_simulated")
