"""Two that bring the same people into being at once: one is heard, the other is told to repeat."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, select

from governance.exchange.applying import Applied
from governance.exchange.names import KnownNames
from governance.kernel.bulk import FEW
from governance.kernel.errors import Conflict
from governance.people.models import Person
from tests.facts import Book
from tests.laid import laid_out
from tests.races import race


@pytest.mark.parametrize("number", [1, FEW * 2])
def test_the_same_file_twice_at_once(book: Book, number: int) -> None:
    def act(turn: int) -> Applied:
        people = [{"reference": f"p-{turn}-{place}", "name": "Somebody"} for place in range(number)]
        return book.apply(people=people)

    for outcomes in race(4, 3, act):
        assert {type(one) for one in outcomes} <= {Applied, Conflict}, outcomes
        assert any(isinstance(one, Applied) for one in outcomes)
        assert all("nothing was applied" in str(one) for one in outcomes if isinstance(one, Conflict))
    with book.databases.reading() as session:
        assert session.scalar(select(func.count()).where(Person.reference.like("p-%"))) == 4 * number


def test_whoever_comes_second_waits_and_learns(tmp_path: Path) -> None:
    """On PostgreSQL both may write at once: the numbers are those of whoever was first."""
    references = [f"new-{place}" for place in range(FEW * 2)]

    def introduce(book: Book) -> list[int]:
        names = KnownNames()
        with book.databases.writing() as session:
            names.introduce(session, "person", Person, references)
        return [names.number("person", reference) for reference in references]

    with laid_out(tmp_path, "postgresql") as urls, ThreadPoolExecutor(1) as pool:
        book, first = Book(urls), KnownNames()
        with book.databases.writing() as session:
            first.introduce(session, "person", Person, references)
            second = pool.submit(introduce, book)
            with pytest.raises(TimeoutError):
                second.result(0.5)
        assert second.result(10) == [first.number("person", reference) for reference in references]
        book.close()
