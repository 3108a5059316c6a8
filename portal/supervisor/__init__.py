"""One process that starts the others, joins their logs, restarts what dies and stops everything in order."""
