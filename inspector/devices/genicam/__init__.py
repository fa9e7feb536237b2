"""Industrial cameras that follow the GenICam standard."""
