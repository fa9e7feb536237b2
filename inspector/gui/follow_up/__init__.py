"""Workers and panels that follow a review: reasons, missed defects and feedback."""
