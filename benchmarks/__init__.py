"""Ours beside the peers, measured in one run: `python -m benchmarks NAME…`.

Needs requirements-dev.txt. Each module is one subject and yields rows; nothing is asserted here,
goals are only printed beside what was measured. Seconds are CPU seconds of one thread, but for
`start`, where they are those of a clock on the wall.
"""
