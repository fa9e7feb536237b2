"""From good photos to a model."""
