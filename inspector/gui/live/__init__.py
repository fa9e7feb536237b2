"""The page of the camera: live picture, verdict, figures, and good photos taken with it."""
