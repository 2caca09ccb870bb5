"""Weights on disk and on the hub: safetensors with JSON beside them, packed folders, text encoders by others.

Never a pickle; what is written is written whole or not at all. May import the core.
"""
