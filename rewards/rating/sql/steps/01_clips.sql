-- Every clip gets a number, and the rules that are about the clip alone are asked once.
CREATE TEMP TABLE clips AS
WITH numbered AS (
    SELECT row_number() OVER (ORDER BY clip_id)::BIGINT AS clip_no,
           clip_id,
           duration_ms AS clip_ms,
           original,
           $owner AS owner_viewer_id,
           epoch_ms(published_at) AS published_ms,
           epoch_ms(joined_at) AS joined_ms,
           epoch_ms(left_at) AS left_ms
    FROM $clips
)
SELECT *, ($first_failed_of_clip)::UTINYINT AS clip_reason
FROM numbered
