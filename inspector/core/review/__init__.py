"""Decisions of people on judged parts, and their consequences."""
