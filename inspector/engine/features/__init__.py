"""From photos to patch features: networks, their weights, and faster ways to compute them."""
