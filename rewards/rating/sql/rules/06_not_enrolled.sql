-- At the time of the view the creator took part in the program.
at_ms >= joined_ms AND (left_ms IS NULL OR at_ms < left_ms)
