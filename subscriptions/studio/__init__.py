"""The emoji studio: bytes in, pictures and measures out. Pure: no Django, no rows, no clock.

`reading` takes a file apart, `drawing` draws every size, `legibility`, `flashing` and `likeness` measure what is there.
"""
