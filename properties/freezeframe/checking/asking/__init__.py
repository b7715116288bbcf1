"""What the rules and the predicates answer: every question put to them once, and remembered."""
