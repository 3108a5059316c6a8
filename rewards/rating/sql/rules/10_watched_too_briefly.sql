-- The clip was watched for at least $min_watched seconds.
watched_ms >= $min_watched_ms
