"""The results of an inspection as files."""
