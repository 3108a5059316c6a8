"""Questions about the shop, by topic; these are the doors other floors use."""

from shop.queries.budget import brand_summary
from shop.queries.catalog import brands_of
from shop.queries.commissions import creator_summary

__all__ = ["brand_summary", "brands_of", "creator_summary"]
