"""Which patches of good photos a detector remembers, and how far a new patch is from them."""
