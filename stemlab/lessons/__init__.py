"""What the lessons' exercises call: checks that accept a right answer and teach on a wrong one.

May import all rooms but the command line; nothing imports it.
"""
