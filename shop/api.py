"""Orders in: what a brand's shop reports, signed with its key. One event or a batch; a batch counts whole or not at all.

Every event has a number of the brand's own, so everything may be sent again: repeats change nothing.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from ninja import Field, Router, Schema
from pydantic import AwareDatetime, BeforeValidator, ConfigDict, StringConstraints

from portal.kit.refusal import Refusal
from shop.actions.links import drain_if_unknown
from shop.actions.orders import LARGEST_MINOR, record_delivery, record_order, record_return
from shop.facts import LineFacts, OrderFacts, ReturnFacts
from shop.models import Brand, SigningKey
from shop.signing import HEADER, verify

router = Router(tags=["orders"])

LARGEST_BODY = 2 * 1024 * 1024
LARGEST_BATCH, LARGEST_ORDER = 500, 1_000

Number = Annotated[
    str, StringConstraints(min_length=1, max_length=64, strip_whitespace=True, pattern=r"^[\x21-\x7e ]+$")
]
Quantity = Annotated[int, Field(ge=1, le=1_000_000, strict=True)]
Minor = Annotated[int, Field(ge=0, le=LARGEST_MINOR, strict=True)]
NothingElse = ConfigDict(extra="forbid")


def _is_text(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError("must be an ISO 8601 date and time with its zone, such as 2026-05-15T12:00:00Z")  # noqa: TRY004
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_is_text)]


class BatchTooLarge(Refusal):
    sentence = _("A report holds at most 2 MB and 500 events. Send it in smaller batches.")
    status = 413


class EventRefused(Refusal):
    """Names the event of the batch that was refused; nothing of the batch is kept."""

    sentence = "events[%(index)s]: %(why)s"

    def __init__(self, index: int, refusal: Refusal) -> None:
        super().__init__(index=index, why=str(refusal))
        self.refusal = refusal
        self.status = refusal.status  # type: ignore[misc]

    @property
    def code(self) -> str:
        return self.refusal.code


class LineIn(Schema):
    model_config = NothingElse
    id: Number = Field(description="The line's number within the order.")
    sku: Annotated[Number, StringConstraints(max_length=40)]
    quantity: Quantity
    paid_minor: Minor = Field(description="Really paid for the whole line, in minor units, without tax and shipping.")


class OrderIn(Schema):
    model_config = NothingElse
    type: Literal["order"]
    id: Number
    currency: Annotated[str, StringConstraints(pattern=r"^[a-z]{3}$")]
    placed_at: Moment
    lines: Annotated[list[LineIn], Field(min_length=1, max_length=LARGEST_ORDER)]
    buyer_region: Annotated[str, StringConstraints(pattern=r"^([A-Z]{2})?$")] = ""
    buyer_email_sha256: Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{64})?$")] = Field(
        "", description="SHA-256 of the buyer's email, trimmed and in lower case: used to spot own purchases only."
    )
    click: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{0,24}$")] = Field(
        "", description="The value of `portal_click` in the address the buyer came with."
    )


class DeliveryIn(Schema):
    model_config = NothingElse
    type: Literal["delivery"]
    order: Number
    delivered_at: Moment


class ReturnIn(Schema):
    model_config = NothingElse
    type: Literal["return"]
    id: Number
    order: Number
    line: Number
    quantity: Quantity
    amount_minor: Minor | None = Field(None, description="Given back; left out: in proportion to the quantity.")
    returned_at: Moment


EventIn = Annotated[OrderIn | DeliveryIn | ReturnIn, Field(discriminator="type")]


class BatchIn(Schema):
    model_config = NothingElse
    events: Annotated[list[EventIn], Field(min_length=1, max_length=LARGEST_BATCH)]


class LineOut(Schema):
    id: str
    reason: str
    sentence: str
    commission_minor: int | None = None
    state: str | None = None


class ResultOut(Schema):
    type: str
    id: str
    state: str = Field(description="recorded, known (sent before), or waiting (its order is not known yet).")
    lines: list[LineOut] = []


class BatchOut(Schema):
    results: list[ResultOut]


class Problem(Schema):
    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str | None = None
    errors: list[dict[str, Any]] | None = None


def signed_by_brand(request: HttpRequest) -> Brand:
    """The brand whose key signed the raw body; refuses before a byte of it is read as JSON."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_BODY:
        raise BatchTooLarge
    now = timezone.now()
    key = verify(request.body, request.headers.get(HEADER, ""), now=now)
    SigningKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return key.brand


@router.post(
    "/orders",
    auth=signed_by_brand,
    response={200: BatchOut, (400, 401, 409, 413, 422): Problem},
    summary="Report orders, deliveries and returns",
)
def record_orders(request: HttpRequest, batch: BatchIn) -> dict[str, Any]:
    """One signed batch. Header `Portal-Signature: key=<key id>,t=<unix seconds>,v1=<HMAC-SHA256 of "<t>.<body>">`.

    400 no JSON · 401 signature missing, too old or wrong · 409 a number came back with other content · 413 too large ·
    422 the shape or a value is wrong. Whatever is refused leaves nothing behind; correct it and send the batch again.
    """
    brand: Brand = request.auth  # type: ignore[attr-defined]
    now = timezone.now()
    drain_if_unknown(tokens=[event.click for event in batch.events if isinstance(event, OrderIn)])
    results = []
    with transaction.atomic():
        for index, event in enumerate(batch.events):
            try:
                results.append(_record(brand, event, now))
            except Refusal as refusal:
                raise EventRefused(index, refusal) from refusal
    return {"results": results}


def _record(brand: Brand, event: OrderIn | DeliveryIn | ReturnIn, now: datetime) -> ResultOut:
    if isinstance(event, OrderIn):
        return _record_order(brand, event, now)
    if isinstance(event, DeliveryIn):
        made = record_delivery(brand=brand, order_number=event.order, delivered_at=event.delivered_at, now=now)
        return ResultOut(type="delivery", id=event.order, state="recorded" if made.received_at == now else "known")
    made_return = record_return(
        brand=brand,
        facts=ReturnFacts(
            external_id=event.id,
            order_number=event.order,
            line_number=event.line,
            quantity=event.quantity,
            returned_at=event.returned_at,
            amount_minor=event.amount_minor,
        ),
        now=now,
    )
    if made_return.line_id is None:
        return ResultOut(type="return", id=event.id, state="waiting")
    return ResultOut(type="return", id=event.id, state="recorded" if made_return.received_at == now else "known")


def _record_order(brand: Brand, event: OrderIn, now: datetime) -> ResultOut:
    facts = OrderFacts(
        external_id=event.id,
        currency=event.currency,
        placed_at=event.placed_at,
        lines=tuple(LineFacts(line.id, line.sku, line.quantity, line.paid_minor) for line in event.lines),
        buyer_region=event.buyer_region,
        buyer_hash=event.buyer_email_sha256,
        click_token=event.click,
    )
    recorded = record_order(brand=brand, facts=facts, now=now)
    lines = [
        LineOut(
            id=line.external_id,
            reason=line.reason,
            sentence=str(line.get_reason_display()),
            commission_minor=line.commission.amount_minor if hasattr(line, "commission") else None,
            state=line.commission.state if hasattr(line, "commission") else None,
        )
        for line in recorded.order.lines.select_related("commission").order_by("pk")
    ]
    return ResultOut(type="order", id=event.id, state="recorded" if recorded.is_new else "known", lines=lines)
