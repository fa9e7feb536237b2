"""Sets of good photos: their files, their groups, and what people said of them."""
