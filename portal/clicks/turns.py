"""Who may change figures beside whom. Each lock is PostgreSQL's and is let go at the end of the transaction that took it; take
them in the order of this page, before any row of clicks or figures."""

from portal import db

FIGURES, MAIL, FAULTS = 7_203_102, 7_203_103, 7_203_104
"""Any numbers, the same in every process."""


async def beside_others() -> None:
    """For counting: any number of workers at once, but nobody while figures are counted again."""
    await db.run("SELECT pg_advisory_xact_lock_shared($1)", FIGURES)


async def alone() -> None:
    """For counting again: waits until those who count are done; the next ones wait for us. Keep it short."""
    await db.run("SELECT pg_advisory_xact_lock($1)", FIGURES)


async def for_mail() -> None:
    """For hits on links that travel by mail, which are judged with their neighbours: one worker at a time, so that none
    judges without those that another is about to commit."""
    await db.run("SELECT pg_advisory_xact_lock($1)", MAIL)


async def for_faults() -> None:
    """For setup faults: one worker at a time. The last of all, after every row: whoever has it waits for nothing more."""
    await db.run("SELECT pg_advisory_xact_lock($1)", FAULTS)
