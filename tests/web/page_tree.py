"""A page of HTML as a small tree, for tests that ask what stands on it."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser

VOID = frozenset({"meta", "link", "input", "br", "img", "hr", "circle", "path", "rect", "wbr"})


class Node:
    """An element: its name, its attributes, and what is in it."""

    def __init__(self, name: str, attributes: dict[str, str], parent: Node | None = None) -> None:
        self.name, self.attributes, self.parent = name, attributes, parent
        self.inside: list[Node | str] = []

    def __getitem__(self, attribute: str) -> str:
        return self.attributes.get(attribute, "")

    @property
    def classes(self) -> list[str]:
        return self["class"].split()

    @property
    def text(self) -> str:
        """Its words, blanks made one."""
        parts = [one if isinstance(one, str) else one.text_raw for one in self.inside]
        return " ".join("".join(parts).split())

    @property
    def text_raw(self) -> str:
        return "".join(one if isinstance(one, str) else one.text_raw for one in self.inside)

    def walk(self) -> Iterator[Node]:
        """Every element below it."""
        for one in self.inside:
            if isinstance(one, Node):
                yield one
                yield from one.walk()

    def all(self, tag: str = "", /, having: str = "", **attributes: str) -> list[Node]:
        """Elements below it by name, by class, by attributes (`for_` for `for`)."""
        wanted = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
        return [
            one
            for one in self.walk()
            if (not tag or one.name == tag)
            and (not having or having in one.classes)
            and all(one.attributes.get(key) == value for key, value in wanted.items())
        ]

    def one(self, tag: str = "", /, having: str = "", **attributes: str) -> Node:
        """The only such element."""
        found = self.all(tag, having=having, **attributes)
        assert len(found) == 1, f"{len(found)} of {tag} {having} {attributes}"
        return found[0]

    def above(self, name: str) -> Node | None:
        """The nearest such element around it."""
        here = self.parent
        while here is not None and here.name != name:
            here = here.parent
        return here

    def within(self, having: str) -> bool:
        """Whether something of a class is around it."""
        here = self.parent
        while here is not None and having not in here.classes:
            here = here.parent
        return here is not None


class Reader(HTMLParser):
    """Reads HTML into a tree; what is opened must be closed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self.here = Node("", {})

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs}, self.here)
        self.here.inside.append(node)
        if tag not in VOID:
            self.here = node

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.here.inside.append(Node(tag, {name: value or "" for name, value in attrs}, self.here))

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        assert self.here.name == tag, f"</{tag}> closes <{self.here.name}>"
        assert self.here.parent is not None
        self.here = self.here.parent

    def handle_data(self, data: str) -> None:
        self.here.inside.append(data)


def read(text: str) -> Node:
    """A page's tree."""
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.here is reader.root, f"<{reader.here.name}> is never closed"
    return reader.root
