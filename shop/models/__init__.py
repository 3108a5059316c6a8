"""Brands and products, links and clicks, orders and returns, commissions and the budget they are paid from."""

from shop.models.budget import TopUp
from shop.models.catalog import (
    Brand,
    BrandMember,
    CommissionPlan,
    PlanVersion,
    Product,
    RegionListing,
    ShopTerms,
    SigningKey,
)
from shop.models.commissions import Commission, CommissionEvent
from shop.models.links import Click, Link, ShowcaseItem
from shop.models.orders import Delivery, Order, OrderLine, OrderReturn, Touch

__all__ = [
    "Brand",
    "BrandMember",
    "Click",
    "Commission",
    "CommissionEvent",
    "CommissionPlan",
    "Delivery",
    "Link",
    "Order",
    "OrderLine",
    "OrderReturn",
    "PlanVersion",
    "Product",
    "RegionListing",
    "ShopTerms",
    "ShowcaseItem",
    "SigningKey",
    "TopUp",
    "Touch",
]
