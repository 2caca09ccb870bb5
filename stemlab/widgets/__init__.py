"""What is played and clicked: pages and widgets in plain JavaScript, without a build step.

May import all rooms down to figures.
"""
