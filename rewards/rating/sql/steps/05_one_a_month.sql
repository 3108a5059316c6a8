-- Of all views of a clip by the same viewer that pass, the earliest of the month counts; the later ones are repeats.
CREATE TEMP $kind firsts AS
SELECT key >> 5 AS pair, $first AS rank
FROM judged
WHERE key >= 0 $unseen
$group
