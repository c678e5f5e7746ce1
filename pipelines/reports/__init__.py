"""A night's report as one HTML page: what it tells, its charts, its template. Pure: records in, text out."""
