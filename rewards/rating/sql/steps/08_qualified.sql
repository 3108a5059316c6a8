-- What is left are the qualified views, counted per clip, day and country, with the part of the clip that was watched.
CREATE TEMP TABLE qualified AS
SELECT packed >> 8 AS clip_day, (packed & 255)::UTINYINT AS region, count(*) AS views, sum(finish)::BIGINT AS finish
FROM (
    SELECT ((((pair & $clip_mask) << 5) | (rank // $rank_day)) << 8) | ((rank >> 7) & 255) AS packed,
           (rank & 127)::UTINYINT AS finish
    FROM counted
)
GROUP BY packed
