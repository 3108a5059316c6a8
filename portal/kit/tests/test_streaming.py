"""Static files and media under ASGI: in parts, and without a warning."""

import asyncio
import io
import warnings

import pytest
from django.test import AsyncClient, Client

from portal.kit.streaming import CHUNK, async_parts

pytestmark = pytest.mark.once


def parts(size: int, length: int | None) -> list[int]:
    async def read() -> list[int]:
        return [len(part) async for part in async_parts(io.BytesIO(b"x" * size), length)]

    return asyncio.run(read())


@pytest.mark.parametrize(
    ("size", "length", "expected"),
    [
        (CHUNK + 1, None, [CHUNK, 1]),
        (CHUNK + 9, CHUNK + 1, [CHUNK, 1]),
        (5, 9, [5]),
        (5, 0, []),
        (0, None, []),
    ],
)
def test_so_many_bytes_and_no_more(size: int, length: int | None, expected: list[int]) -> None:
    assert parts(size, length) == expected


def test_a_static_file_is_the_same_under_asgi_and_warns_nobody() -> None:
    async def fetch() -> tuple[int, bytes, str]:
        answer = await AsyncClient().get("/static/css/chart.css")
        assert answer.is_async
        return answer.status_code, b"".join([part async for part in answer.streaming_content]), answer["Content-Type"]

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = asyncio.run(fetch())
    plain = Client().get("/static/css/chart.css")
    assert found == (200, b"".join(plain.streaming_content), plain["Content-Type"])
    assert len(found[1]) > 100


def test_head_has_no_body() -> None:
    async def fetch() -> int:
        return (await AsyncClient().head("/static/css/chart.css")).status_code

    assert asyncio.run(fetch()) == 200
