"""Answers our own calls to TikTok's address in this process: no port, no server that must be up first."""

import io
import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.utils import timezone
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter

from portal.accounts.tiktok.stand_in.answers import Question, answer


class StandInTransport(BaseAdapter):
    def send(self, request: PreparedRequest, **_: Any) -> Response:  # type: ignore[override]
        address = urlsplit(request.url or "")
        body = request.body or b""
        assert isinstance(body, str | bytes), "the gateway streams nothing"
        question = Question(
            method=request.method or "",
            path=str(address.path),
            query=dict(parse_qsl(str(address.query))),
            body=body.encode() if isinstance(body, str) else body,
            bearer=str(request.headers.get("Authorization", "")).removeprefix("Bearer "),
        )
        answered = answer(question, timezone.now())
        response = Response()
        response.status_code, response.url, response.request = answered.status, str(request.url), request
        response.headers["Content-Type"] = "application/json"
        response.raw = io.BytesIO(json.dumps(answered.payload).encode())
        return response

    def close(self) -> None:
        """Nothing is open."""
