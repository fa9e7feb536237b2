"""Labelled datasets: photos with known defects and their masks."""
