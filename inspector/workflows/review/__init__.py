"""Reviews, and what reviewed parts change in a model."""
