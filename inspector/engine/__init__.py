"""The detectors, in the only layer that imports torch."""

import os

# OpenMP's threads wait for one another by spinning. With a window, a camera or another program on the same cores they
# spin while the one they wait for cannot run: 40 photos trained in 154 s where 14 s would do, on two busy cores. Few
# spins before sleeping keep the speed of idle cores (docs/benchmarks). GNU's library, which torch uses on Linux,
# reads this when it is loaded, and nothing here loads it before this line.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")
