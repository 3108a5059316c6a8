"""What became of every job of the timetable: when it last began, succeeded, failed, and whether it is late."""
