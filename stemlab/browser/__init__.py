"""The model for a web page: its networks as ONNX, all around them as plain JavaScript, and the page that plays it.

May import the core, checkpoints, codec, songs, lab, figures and widgets.
"""
