"""The detectors. torch lives here and nowhere else."""

import os

# OpenMP's threads wait by spinning unless told otherwise. With a window, a camera or another program on the same cores
# they then wait for one another many times as long as they compute: 40 photos trained in 154 s instead of 14 s on two
# busy cores. The variable is read when torch is loaded, and no module here loads it before this line.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
