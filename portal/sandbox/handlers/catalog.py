"""Products, prices, coupons and promotion codes."""

import secrets

from portal.sandbox import wire
from portal.sandbox.errors import invalid
from portal.sandbox.general import list_page
from portal.sandbox.registry import Call, Obj, handles, kind
from portal.sandbox.world import World

kind(
    "product",
    updates="name active description metadata images url statement_descriptor unit_label default_price",
    deletes=True,
    event="product",
)
kind("price", updates="active nickname metadata lookup_key", event="price")
kind("coupon", updates="name metadata", deletes=True, event="coupon")
kind("promotion_code", updates="active metadata", event="promotion_code")


@handles(
    "POST",
    "/v1/products",
    "id name active description metadata images url statement_descriptor unit_label default_price_data.currency"
    " default_price_data.unit_amount default_price_data.recurring default_price_data.metadata",
)
def create_product(box: World, call: Call) -> Obj:
    given = dict(call.params)
    first_price = given.pop("default_price_data", None)
    if given.get("id") and box.find(given["id"]):
        raise invalid("Product already exists.", code="resource_already_exists", param="id")
    now = box.now()
    product = box.put("product", id=given.pop("id", None), active=True, type="service", created=now, updated=now)
    wire.merge(product, given)
    if first_price:
        product["default_price"] = new_price(box, {**first_price, "product": product["id"]})["id"]
    box.emit("product.created", product)
    return product


@handles(
    "POST",
    "/v1/prices",
    "active currency product unit_amount recurring.interval recurring.interval_count recurring.usage_type nickname"
    " metadata lookup_key transfer_lookup_key product_data.name product_data.metadata product_data.active"
    " billing_scheme tax_behavior",
)
def create_price(box: World, call: Call) -> Obj:
    return new_price(box, call.params)


def new_price(box: World, given: Obj) -> Obj:
    if "product_data" in given:
        product = box.put("product", active=True, type="service", created=box.now(), updated=box.now())
        wire.merge(product, given["product_data"])
        box.emit("product.created", product)
    else:
        product = box.get(given.get("product", ""), "product", param="product")
    amount = given.get("unit_amount")
    if amount is None or amount < 0:
        raise invalid("A price needs unit_amount, zero or more.", code="parameter_missing", param="unit_amount")
    recurring = given.get("recurring")
    if recurring and recurring.get("usage_type", "licensed") != "licensed":
        raise invalid("Metered prices need a meter.", param="recurring[usage_type]")
    _take_lookup_key(box, given.get("lookup_key"), bool(given.get("transfer_lookup_key")))
    price = box.put(
        "price",
        product=product["id"],
        currency=given["currency"].lower(),
        unit_amount=amount,
        unit_amount_decimal=str(amount),
        active=given.get("active", True),
        type="recurring" if recurring else "one_time",
        billing_scheme="per_unit",
        lookup_key=given.get("lookup_key"),
        nickname=given.get("nickname"),
        tax_behavior=given.get("tax_behavior", "unspecified"),
    )
    if recurring:
        price["recurring"] = wire.inner(
            "price",
            "recurring",
            interval=recurring["interval"],
            interval_count=recurring.get("interval_count", 1),
            usage_type="licensed",
        )
    wire.merge(price, {"metadata": given.get("metadata", {})})
    box.emit("price.created", price)
    return price


def _take_lookup_key(box: World, key: str | None, transfer: bool) -> None:
    for other in box.all("price", lookup_key=key) if key else []:
        if not transfer:
            raise invalid(f"A price ({other['id']}) already uses that lookup key.", param="lookup_key")
        other["lookup_key"] = None


@handles("GET", "/v1/prices", "active currency product type lookup_keys")
def list_prices(box: World, call: Call) -> Obj:
    keys = call.params.get("lookup_keys") or []
    where = f"json_extract(body, '$.lookup_key') IN ({', '.join('?' * len(keys))})" if keys else ""
    return list_page(box, call, "price", where=where, values=tuple(keys), skip="lookup_keys")


@handles(
    "POST",
    "/v1/coupons",
    "id amount_off currency duration duration_in_months max_redemptions metadata name percent_off redeem_by",
)
def create_coupon(box: World, call: Call) -> Obj:
    given = call.params
    if bool(given.get("percent_off")) == bool(given.get("amount_off")):
        raise invalid("A coupon has exactly one of percent_off and amount_off.", param="percent_off")
    if given.get("amount_off") and not given.get("currency"):
        raise invalid("amount_off needs a currency.", code="parameter_missing", param="currency")
    if (given.get("duration", "once") == "repeating") != bool(given.get("duration_in_months")):
        raise invalid("duration_in_months belongs to the duration repeating.", param="duration_in_months")
    id = given.get("id") or secrets.token_hex(4).upper()
    if box.find(id):
        raise invalid("Coupon already exists.", code="resource_already_exists", param="id")
    coupon = box.put("coupon", id=id, valid=True, duration=given.get("duration", "once"))
    wire.merge(coupon, {name: value for name, value in given.items() if name != "id"})
    box.emit("coupon.created", coupon)
    return coupon


@handles(
    "POST",
    "/v1/promotion_codes",
    "active code customer expires_at max_redemptions metadata promotion.type promotion.coupon"
    " restrictions.first_time_transaction restrictions.minimum_amount restrictions.minimum_amount_currency",
)
def create_promotion_code(box: World, call: Call) -> Obj:
    given = dict(call.params)
    coupon = box.get(given.pop("promotion")["coupon"], "coupon", param="promotion[coupon]")
    code = given.pop("code", None) or secrets.token_hex(4).upper()
    if any(other["code"].lower() == code.lower() for other in box.all("promotion_code", active=True)):
        raise invalid("An active promotion code with this code exists.", param="code")
    promotion_code = box.put("promotion_code", code=code, active=given.pop("active", True))
    promotion_code["promotion"] = {"type": "coupon", "coupon": coupon["id"]}
    wire.merge(promotion_code, given)
    box.emit("promotion_code.created", promotion_code)
    return promotion_code


@handles("GET", "/v1/promotion_codes", "active code customer coupon")
def list_promotion_codes(box: World, call: Call) -> Obj:
    coupon = call.params.get("coupon")
    where = "json_extract(body, '$.promotion.coupon') = ?" if coupon else ""
    return list_page(box, call, "promotion_code", where=where, values=(coupon,) if coupon else (), skip="coupon")
