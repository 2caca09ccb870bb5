"""Sound to latents and back: audio files, band spectrogram, VAE, vocoder; the bundled codec, and published ones behind the same methods."""
