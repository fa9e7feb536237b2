"""From a model and photos to verdicts, limits and explanations."""
