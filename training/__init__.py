"""Training of the shipped English NER pipeline: corpora in, `pipelines/news/en_broadsheet_sm` out.

Nothing here is imported by the application. Reading a corpus, mapping its tags, writing its text
naturally, augmenting and scoring belong here; running the pipeline over articles does not.
"""
