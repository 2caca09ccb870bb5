"""Sound to latents and back: audio files, band spectrogram, VAE, vocoder; published codecs behind the same methods.

May import the core and checkpoints.
"""
