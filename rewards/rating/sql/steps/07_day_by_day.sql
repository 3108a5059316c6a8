-- For those few viewers the days are gone through one after the other, each in the order of time.
INSERT INTO eager_counted
SELECT pair, rank
FROM (
    SELECT key >> 5 AS pair, rank, row_number() OVER (PARTITION BY key >> $pair_shift ORDER BY rank >> 15, key) AS place
    FROM eager_judged
    WHERE key & 31 = $day AND key >> 5 NOT IN (SELECT pair FROM eager_counted)
)
WHERE place <= $daily_limit_number
