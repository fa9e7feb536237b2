"""The page on which the user chooses the good photos."""
