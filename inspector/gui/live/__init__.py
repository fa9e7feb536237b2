"""The page on which a camera is inspected live."""
