"""The page on which the user trains a model and checks the result."""
