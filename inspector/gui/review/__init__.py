"""The page on which people review judged parts."""
