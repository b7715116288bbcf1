"""One run at a time: a fleet that moves, and the shortest way from a run to what it breaks."""
