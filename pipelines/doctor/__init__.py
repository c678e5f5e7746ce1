"""What `broadsheet doctor` looks at: the database, files, the spaCy pipeline, Dagster's instance.

Each check looks and says what it found; none starts, stops or changes anything.
"""
