"""The hands: a Dramatiq worker (`python -m workers`) and the clock that wakes it (`python -m workers.schedule`).

Nothing here decides anything. The database says what is to be done; each actor calls one function of `portal`.
"""
