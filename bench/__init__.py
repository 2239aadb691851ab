"""Benchmarks: figures beside a baseline of the same run, as ratios. See README.md."""
