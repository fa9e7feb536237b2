"""Checks of a set of good photos: number, duplicates, sessions and suspects."""
