"""The tables of authenticators, as the migration lays them out and as the models have them."""

from sqlalchemy import inspect

from governance.kernel.db import Databases, migrate
from tests import services
from tokens.authenticators import models

TABLES = (
    models.Authenticator,
    models.RecoveryCode,
    models.SecondFactorAttempts,
    models.FactorFailures,
    models.TemporaryReplacement,
)


def test_the_migration_lays_out_what_the_models_have(database_url: services.Databases) -> None:
    opened = Databases.open(*database_url)
    migrate(opened)
    found = inspect(opened.facts)
    for model in TABLES:
        table = model.__table__
        columns = {column["name"]: column for column in found.get_columns(table.name)}
        assert columns.keys() == set(table.columns.keys()), table.name
        for name, column in table.columns.items():
            assert columns[name]["nullable"] is column.nullable, f"{table.name}.{name}"
    opened.close()
