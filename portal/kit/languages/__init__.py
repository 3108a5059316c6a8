"""Everything a person reads, in their own language: where the texts come from, the catalogs, and what is wrong with them.

`docs/translating.md` tells the way of a text; `manage.py translations` walks it.
"""
