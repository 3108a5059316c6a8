-- Every clip gets a number, and beside it stands whose it is and since when its creator takes part.
CREATE TEMP TABLE clips AS
SELECT row_number() OVER (ORDER BY clip_id)::BIGINT AS clip_no,
       clip_id,
       duration_ms,
       original,
       $owner AS owner_viewer_id,
       epoch_ms(published_at) AS published_ms,
       epoch_ms(joined_at) AS joined_ms,
       epoch_ms(left_at) AS left_ms
FROM $clips
