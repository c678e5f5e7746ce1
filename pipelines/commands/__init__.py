"""What each command does, apart from how it is asked and how it is shown."""
