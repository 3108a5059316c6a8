-- Per clip and day we count how many views failed which rule; together with the qualified ones these are all views.
CREATE TEMP TABLE reasons AS
WITH passed AS (
    SELECT key & $clip_day_mask AS clip_day, sum(views)::BIGINT AS views FROM judged WHERE key >= 0 GROUP BY ALL
), over_limit AS (
    SELECT g.key & $clip_day_mask AS clip_day, sum(g.views)::BIGINT AS views
    FROM eager_judged g LEFT JOIN eager_counted c ON c.pair = g.key >> 5
    WHERE c.pair IS NULL OR c.rank // $rank_day > g.key & 31
    GROUP BY ALL
), counted AS (
    SELECT clip_day, sum(views)::BIGINT AS views FROM qualified GROUP BY ALL
), repeated AS (
    SELECT clip_day, passed.views - coalesce(counted.views, 0) - coalesce(over_limit.views, 0) AS views
    FROM passed LEFT JOIN counted USING (clip_day) LEFT JOIN over_limit USING (clip_day)
)
SELECT (-1 - key) >> 4 AS clip_day, ((-1 - key) & 15)::UTINYINT AS reason, views FROM judged WHERE key < 0
UNION ALL
SELECT clip_day, $repeat, views FROM repeated WHERE views > 0
UNION ALL
SELECT clip_day, $over_daily_limit, views FROM over_limit
