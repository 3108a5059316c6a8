"""Hosted pages, one module a page, and the machine door."""
