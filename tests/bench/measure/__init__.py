"""Measures Lazaret on this machine: the works, the programs they need, and what is told of them."""
