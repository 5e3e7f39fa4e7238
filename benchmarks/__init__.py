"""How fast the service decides, beside its peers, on one seeded workload: `python -m benchmarks`."""
