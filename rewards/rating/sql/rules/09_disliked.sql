-- The viewer did not say “not interested”.
NOT disliked
