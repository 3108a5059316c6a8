-- Each view is held against the rules in their order; the first rule that it fails is its reason.
-- One pass over all views, and one whole number as the key of the groups: a view that passes is grouped by viewer, clip
-- and day (key >= 0), a view that fails by clip, day and reason (key < 0). `rank` is time, then region, then the
-- part watched: its minimum is the earliest view of the group together with where and how long it was watched.
CREATE TEMP TABLE judged AS
WITH with_clip AS (
    SELECT v.*, c.* EXCLUDE (clip_id, clip_ms), $clip_ms AS clip_ms
    FROM views v JOIN clips c ON c.clip_id = v.clip_id
), with_reason AS (
    SELECT viewer, at_ms - $start_ms AS since_start, watched_ms, clip_ms, country, clip_no,
           CASE WHEN clip_reason > 0 THEN clip_reason ELSE $first_failed_of_view END AS reason
    FROM with_clip
)
SELECT CASE WHEN reason = 0
            THEN (viewer << $pair_shift) | (clip_no << 5) | $day
            ELSE -1 - ((clip_no << 9) | ($day << 4) | reason) END AS key,
       count(*) AS views,
       min((since_start << 15) | ($region << 7) | least(100, watched_ms * 100 // nullif(clip_ms, 0))) AS rank
FROM with_reason
GROUP BY key
