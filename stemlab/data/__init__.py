"""Latents to train on: shards on disk, batches of groups, encoding; readers of recorded songs.

May import the core, checkpoints, codec, songs and metrics.
"""
