"""Benchmarks: ratios side by side in one run, since machines are shared and slow by turns. Run by `make bench`."""
