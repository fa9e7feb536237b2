"""Training settings, and the forecast of a training's time and memory."""
