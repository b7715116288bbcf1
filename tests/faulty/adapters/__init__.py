"""Wrong adapters, each with a simulated host behind it; the conformance suite must catch each."""
