"""The detectors. torch lives here and nowhere else."""
