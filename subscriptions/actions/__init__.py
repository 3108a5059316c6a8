"""Deeds, by topic: tiers, checkout, memberships, invoices, grants, posts, emojis, chat."""
