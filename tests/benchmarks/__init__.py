"""Figures, side by side with other tools, and on demand."""
