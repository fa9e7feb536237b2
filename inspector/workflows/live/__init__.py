"""From a camera to judged parts and their records."""
