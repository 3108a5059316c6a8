"""Questions about a brand's budget."""

from datetime import datetime
from typing import Any

from django.db.models import Count, Sum

from portal.ledger.chart import brand_prepaid
from portal.ledger.queries import balance
from shop.models import Brand, Commission, Order, OrderLine


def prepaid_minor(brand: Brand) -> int:
    """What is left of the budget, read from the books. Below zero never: commissions wait instead."""
    return -balance(brand_prepaid(brand.public_id, brand.currency))


def unfunded_minor(brand: Brand) -> int:
    """What the commissions that wait for budget would take from it."""
    waiting = Commission.objects.waiting_for_budget().filter(brand=brand).select_related("line")
    return sum(commission.cost_minor for commission in waiting)


def brand_summary(brand: Brand, now: datetime) -> dict[str, Any]:
    """For the brand's home: minor units of the brand's currency and counts. Sales are those creators brought."""
    credited = OrderLine.objects.filter(order__brand=brand, reason=OrderLine.Reason.CREDITED)
    sums = credited.aggregate(
        paid=Sum("paid_minor"), returned=Sum("returned_minor"), orders=Count("order", distinct=True)
    )
    states = dict(
        Commission.objects.filter(brand=brand)
        .values_list("state")
        .annotate(count=Count("pk"))
        .values_list("state", "count")
    )
    return {
        "brand": brand,
        "currency": brand.currency,
        "prepaid_minor": prepaid_minor(brand),
        "unfunded_minor": unfunded_minor(brand),
        "unfunded_count": states.get(Commission.State.UNFUNDED, 0),
        "sales_minor": (sums["paid"] or 0) - (sums["returned"] or 0),
        "returned_minor": sums["returned"] or 0,
        "sale_orders": sums["orders"],
        "all_orders": Order.objects.filter(brand=brand).count(),
        "creators": Commission.objects.filter(brand=brand).values("creator").distinct().count(),
        "products": brand.products.listed(now).count(),
        "commission_counts": states,
    }
