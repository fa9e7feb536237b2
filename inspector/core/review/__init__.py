"""People's decisions on judged parts, and what follows from them."""
