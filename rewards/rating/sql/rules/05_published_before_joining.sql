-- The clip was published after its creator joined the program.
joined_ms IS NULL OR published_ms IS NULL OR published_ms >= joined_ms
