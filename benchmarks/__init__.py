"""Ratios against a baseline run in the same minutes. Gate nothing."""
