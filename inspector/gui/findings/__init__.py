"""A photo with its heatmap, regions and verdict, drawn alike on every page."""
