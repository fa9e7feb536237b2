"""What a training is asked to do, and a forecast of its time and memory."""
