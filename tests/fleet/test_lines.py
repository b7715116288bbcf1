"""Lines are right for every way in which TOML can spell a key; `tomllib` is the judge."""

import tomllib
from collections.abc import Iterator

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from freezeframe.fleet.lines import Lines, Path

TRICKY = [
    "a.b = 1",
    '"x.y" . \'z w\' = """',
    'q # "" [no.table]',
    r'"\"""""',
    "[[c]]  # [[c]]",
    "[[ c ]]",
    "d = {e = 2, f = [ {g = [",
    " 1,",
    " 1979-05-27 07:32:00.5 ] }, # ] comment }",
    " 3.5,",
    "]}",
    "[c.k.l]",
    "m=+inf",
    "[c.k]",
    r"n='\'",
    "[[c.k.o]]",
    "p='''",
    "[[c.k.o]]'''",
    "[[c.k.o]]",
    "[r.q]",
    '"" = []',
]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("a",), 1),
        (("a", "b"), 1),
        (("x.y", "z w"), 2),
        (("c", 0), 5),
        (("c", 1), 6),
        (("c", 1, "d", "e"), 7),
        (("c", 1, "d", "f", 0, "g", 0), 8),
        (("c", 1, "d", "f", 0, "g", 1), 9),
        (("c", 1, "d", "f", 1), 10),
        (("c", 1, "k"), 14),
        (("c", 1, "k", "l", "m"), 13),
        (("c", 1, "k", "n"), 15),
        (("c", 1, "k", "o", 0, "p"), 17),
        (("c", 1, "k", "o", 1), 19),
        (("r", "q", ""), 21),
    ],
)
def test_every_spelling_of_a_key_is_found_on_its_line(path: Path, line: int) -> None:
    assert Lines("\n".join(TRICKY)).paths[path] == line


def test_the_document_of_these_spellings_is_valid() -> None:
    assert tomllib.loads("\n".join(TRICKY)).keys() == {"a", "x.y", "c", "r"}


def test_carriage_returns_do_not_count_as_lines() -> None:
    assert Lines("a = 1\r\n\r\nb = '''\r\n'''\r\nc = 1\r\n").line(("c",)) == 5


def test_an_absent_key_is_reported_at_the_table_that_lacks_it() -> None:
    lines = Lines("\n[[vms]]\n\nname = 'x'\n")
    assert lines.line(("vms", 0, "host")) == 2
    assert lines.line(("hosts",)) == 1


def paths(value: object, at: Path = ()) -> Iterator[Path]:
    """Yield the path of everything in a parsed document."""
    if at:
        yield at
    members: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        members = list(value.items())
    elif isinstance(value, list):
        members = list(enumerate(value))
    for key, member in members:
        yield from paths(member, (*at, key))


ATOMS = [
    *("1", "-1.5e3", "+inf", "true", "1979-05-27 07:32:00.25", "07:32:00", '""', "''"),
    *('"a # ] b"', "'c\\'", '"\\""', '""""""', '"""\n[no]\nx"\\"""""', "'''\n\n#'y'''''"),
]


def joined(opening: str, members: list[str], gap: str, closing: str) -> str:
    return opening + f"{gap},{gap}".join(members) + closing


def arrays(value: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    gaps = st.sampled_from(["", " ", "\n", "# ], \n  "])
    return st.builds(joined, st.just("["), st.lists(value, max_size=4), gaps, st.just(" ]"))


def inline_tables(value: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def keyed(values: list[str]) -> list[str]:
        keys = ["k", '"k.k"', "k2.z", "'#'"]
        return [f"{key} = {each}" for key, each in zip(keys, values, strict=False)]

    members = st.lists(value, max_size=4).map(keyed)
    return st.builds(joined, st.just("{ "), members, st.just(" "), st.just("}"))


VALUES = st.recursive(
    st.sampled_from(ATOMS), lambda value: arrays(value) | inline_tables(value), max_leaves=8
)
HEADERS = ["[t{0}]", "[t{0}.'u.v']", "[[a]]", "[a.s{0}]", "[[a.b]]", "# [[a]]", "w{0}.x.y = 2", ""]


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Draw a valid document, with all the ways there are to nest."""
    text = ""
    for number in range(draw(st.integers(1, 6))):
        text += draw(st.sampled_from(HEADERS)).format(number) + "\n"
        for value in draw(st.lists(VALUES, max_size=3)):
            text += f"v{text.count('=')}{number} = {value}\n"
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        reject()
    return text


@given(documents())
def test_exactly_what_the_parser_finds_has_a_line(text: str) -> None:
    assert set(Lines(text).paths) == set(paths(tomllib.loads(text)))


@given(documents())
def test_a_path_appears_with_the_statement_on_its_line(text: str) -> None:
    """What is before a line lacks the path, and the first whole text that has the line has it."""
    rows = text.splitlines(keepends=True)
    wholes: dict[int, set[Path]] = {}
    for count in range(len(rows) + 1):
        try:
            wholes[count] = set(paths(tomllib.loads("".join(rows[:count]))))
        except tomllib.TOMLDecodeError:
            continue
    for path, line in Lines(text).paths.items():
        first = min(count for count in wholes if path in wholes[count])
        assert max(count for count in wholes if count < first) < line <= first
