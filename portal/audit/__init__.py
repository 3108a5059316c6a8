"""The audit: every named URL of the portal is visited as the people it is for, and held to the bars of `bars.py`.

`addresses` finds the URLs, `crawl` and `objects` find where they lie in the demo, `plan` says who visits what,
`portals` starts the portals, `browser` looks at the pages, and `__main__` prints the table.
"""
