"""The catalogue of functions, one module per family."""
