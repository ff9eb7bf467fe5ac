"""The tables in Python and the tables in the database are the same, and keep no address of a network."""

from collections.abc import Iterator

from piccolo.columns import Column
from piccolo.table import Table

from portal import db
from portal.piccolo_app import APP_CONFIG

KINDS = {
    "UUID": "uuid",
    "Text": "text",
    "Timestamptz": "timestamp with time zone",
    "Boolean": "boolean",
    "Integer": "integer",
    "BigInt": "bigint",
    "JSONB": "jsonb",
    "Bytea": "bytea",
    "Date": "date",
    "Time": "time without time zone",
    "Numeric": "numeric",
    "Array": "ARRAY",
}


def columns() -> Iterator[tuple[type[Table], Column]]:
    for table in APP_CONFIG.table_classes:
        for column in table._meta.columns:
            yield table, column


async def stored() -> dict[tuple[str, str], tuple[str, bool]]:
    found = await db.rows(
        "SELECT table_name, column_name, data_type, is_nullable = 'YES' AS empty FROM information_schema.columns "
        "WHERE table_schema = 'public' AND table_name !~ '^(migration|click_[0-9]+.*|click_p.*)$'"
    )
    return {(r["table_name"], r["column_name"]): (r["data_type"], r["empty"]) for r in found}


async def test_tables_in_python_are_the_tables_in_the_database() -> None:
    ours = {(t._meta.tablename, c._meta.name): (KINDS[type(c).__name__], c._meta.null) for t, c in columns()}
    assert ours == await stored()


async def test_no_column_keeps_an_ip_address() -> None:
    names = {name for _, name in await stored()}
    kinds = {kind for kind, _ in (await stored()).values()}
    assert not {"inet", "cidr"} & kinds
    assert not [name for name in names if name == "ip" or "ip_" in name or name.endswith("_ip") or "remote" in name]


async def test_every_table_of_people_belongs_to_a_workspace() -> None:
    without = {
        "workspace",
        "click_journal",
        "visitor_salt",
        "visitor_day",
        "orphan_hit",
        "orphan_seen",
        "click_retention",
        "callback",
    }
    tables = {t._meta.tablename for t, _ in columns()}
    scoped = {t._meta.tablename for t, c in columns() if c._meta.name == "workspace_id"}
    assert tables - scoped == without
