"""The detectors, in the only layer that imports torch."""

import os

# OpenMP's threads wait for one another by spinning. With a window, a camera or another program on the same cores,
# threads spin while the thread that they wait for cannot run. On two busy cores, 40 photos trained in 154 s instead of
# 14 s. Few spins before sleeping keep the speed of idle cores (docs/benchmarks). GNU's library, which torch uses on
# Linux, reads this at its start; no module loads the library before this line.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")
