-- Nobody's views count more than $daily_limit times a day; what comes later that day does not use up the view of the month.
-- Only few viewers ever come near the limit: for everybody else the step before has already decided.
CREATE TEMP TABLE eager AS
SELECT DISTINCT viewer
FROM (
    SELECT pair >> $clip_bits AS viewer
    FROM firsts
    $who_could
    GROUP BY viewer $per_day
    HAVING count(*) > $daily_limit_number
)
