"""From a score map to regions, colours and an explanation."""
