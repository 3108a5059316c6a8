-- Every view of the time in question is read, none is left out.
CREATE TEMP VIEW views AS
SELECT $viewer AS viewer,
       viewer_id,
       $clip_id AS clip_id,
       epoch_ms("at") AS at_ms,
       watched_ms,
       $view_clip_ms AS view_clip_ms,
       $promoted AS promoted,
       $disliked AS disliked,
       $country AS country
FROM $events
WHERE "at" >= TIMESTAMP '$start' AND "at" < TIMESTAMP '$end'
