"""The judging: interval sets, address sets, rules, the first-match engine, possible worlds and verdicts.

Standard library only; no clock, disk, network, log or randomness.
"""
