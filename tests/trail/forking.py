"""A program that records, forks, and records on in both processes; it prints the numbers of all records."""

import json
import os
import sys

from governance.kernel.db import Databases
from governance.trail.service import verify_trail
from governance.trail.writer import Recorder
from tests.trail.ledgers import some_record


def drivers(databases: Databases) -> set[int]:
    """The connections that the pools would hand out now, and what is kept, by the objects behind them."""
    found = set()
    for engine in (databases.facts, databases.trail):
        with engine.connect() as connection:
            found.add(id(connection.connection.driver_connection))
    return found


def main() -> None:
    """Use everything, fork, use everything again in the child and then in the parent."""
    databases = Databases.open(*sys.argv[1:3])
    recorder = Recorder(databases, 10)
    numbers = recorder.put([some_record(1)])
    inherited = drivers(databases)
    revision = databases.freshness.current()
    reader, writer = os.pipe()
    if os.fork() == 0:
        shared = sorted(drivers(databases) & inherited)
        mine = [*recorder.put([some_record(2)]), *recorder.put([some_record(3)])]
        assert databases.freshness.current() == revision
        assert verify_trail(databases).damages == []
        os.write(writer, json.dumps({"child": mine, "shared": shared}).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as told:
        said = json.loads(told.read())
    os.wait()
    numbers = [*numbers, *recorder.put([some_record(4)])]
    assert databases.freshness.current() == revision
    assert verify_trail(databases).damages == []
    sys.stdout.write(json.dumps({**said, "parent": numbers}))


if __name__ == "__main__":
    main()
