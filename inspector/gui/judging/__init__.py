"""The page on which the user inspects photos and sees the results."""
