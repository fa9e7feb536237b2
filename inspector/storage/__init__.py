"""Files and databases: models, photos, results, history and reports."""
