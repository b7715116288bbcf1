"""Everything that judges: the search, liveness, shortest counterexamples, coverage, graphs."""
