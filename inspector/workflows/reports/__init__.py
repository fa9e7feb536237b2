"""Which parts a report covers, and writing it."""
