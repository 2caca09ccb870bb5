"""Long work: flow, codec and fine-tuning runs that resume, on one process or many, and what they will cost.

May import all rooms down to lab.
"""
