"""The exhaustive search: a space explored to its end, and what its graph decides."""
