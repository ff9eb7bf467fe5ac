"""The promise of the redirect, tried by breaking things: a tap that got its 302 is counted once, whatever dies.

`system` is a portal of real processes that can be killed and frozen one by one, `taps` the people who tap meanwhile, `harm` what
is done to it, `rounds` the order in which, and `audit` the comparison of what was answered with what was counted.
By hand: `python -m tests.faults [rounds] [seed]`.
"""
