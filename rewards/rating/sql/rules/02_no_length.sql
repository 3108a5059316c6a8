-- The length of the clip is known.
clip_ms > 0
