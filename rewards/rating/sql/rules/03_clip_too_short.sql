-- The clip is $clip_words $min_clip seconds.
clip_ms > $min_clip_ms OR ($min_clip_counts AND clip_ms = $min_clip_ms)
