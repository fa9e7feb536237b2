"""The photos that benchmarks measure on."""
