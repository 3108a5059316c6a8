-- Views of clips that nobody here has claimed are counted too.
INSERT INTO judged
SELECT -1 - (($day << 4) | $unknown_clip), count(*), NULL
FROM (SELECT at_ms - $start_ms AS since_start FROM views v ANTI JOIN clips c ON c.clip_id = v.clip_id)
GROUP BY ALL
