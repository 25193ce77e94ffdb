"""Where something stands in a TOML file is found, so that a mistake can name its line."""

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.toml_lines import Lines
from agent.paths import shipped_config, shipped_program

_Place = tuple[int | str, ...]


def leaves(value: Any, place: _Place = ()) -> Iterator[tuple[_Place, Any]]:
    """Every value of a document that is neither a table nor a list."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*place, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, (*place, index))
    else:
        yield place, value


def numbered(text: str) -> str:
    """Write into each ``@`` of a text the number of its line."""
    lines = text.split("\n")
    return "\n".join(line.replace("@", str(number)) for number, line in enumerate(lines, start=1))


EVERYTHING = '''
# a comment with = and [brackets] and "quotes
first = @
"quoted \\u0061 key" = @
'literal.key' = @
dotted . "key.s" = @
[table]
at = @ # [no] = "table"
texts = { es = @, "fr" = @, deep = { er = @ } }
list = [ @, @,
  @, # comment ] here
  [@, { a = @ }],
]
after = @
[[earn]]
id = @
long = ["""one # not a comment
[[earn]]
id = 1 \\""" """, """a quote"""", \'\'\'literal
\\\'\'\'\', "end" ]
same = @
[[earn.steps]]
a = @
[[earn.steps]]
a = @
[earn.inner.most]
b = @
  [[ "earn" ]]
  day = [2026-01-01 10:00:00, 2026-01-01]
  id = @
  [[earn.steps]]
  a = @
'''


def test_every_form_of_toml_keeps_its_line() -> None:
    """Comments, quotes, texts over several lines, inline tables and lists: each number that stands
    in the text is the number of its line, and is found there.
    """
    text = numbered(EVERYTHING)
    lines = Lines.of(text)
    found = [(place, value) for place, value in leaves(tomllib.loads(text)) if type(value) is int]
    assert len(found) == EVERYTHING.count("@")
    for place, value in found:
        assert lines.at(place) == value, place


def test_a_file_of_another_system_keeps_its_lines() -> None:
    """Lines that end as Windows ends them are counted the same."""
    text = numbered(EVERYTHING).replace("\n", "\r\n")
    lines = Lines.of(text)
    for place, value in leaves(tomllib.loads(text)):
        assert type(value) is not int or lines.at(place) == value, place


def test_what_is_missing_is_on_the_line_of_its_table() -> None:
    """A key that is not there is looked for where its table begins, or else on the first line."""
    lines = Lines.of('a = 1\n\n[[earn]]\nid = "x"\n[[earn]]\n\nid = "y"')
    assert lines.at(("earn", 1, "points")) == 5
    assert lines.at(("earn",)) == 3
    assert lines.at(("currency",)) == lines.at(()) == 1


_KEYS = st.sampled_from(["a", "b", '"c d"', "'e.f'", "g-h"])


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Documents whose numbers are those of their lines."""
    value = st.recursive(
        st.just("@"),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3).map(lambda each: "[ # ]\n" + " ,".join(each) + "\n]"),
            st.lists(inner, max_size=3).map(lambda each: "[" + ", # x\n".join(each) + "]"),
            inner.map(lambda each: "[{ k = " + each.replace("\n", " ").replace("#", "") + " }]"),
        ),
        max_leaves=4,
    )
    parts = []
    for count in range(draw(st.integers(0, 5))):
        several = draw(st.booleans())
        name = f"{draw(_KEYS)}.{draw(_KEYS)}" if draw(st.booleans()) else draw(_KEYS)
        parts.append(f"[[{name}]]" if several else f"[t{count}.{name}]")
        for key in draw(st.lists(_KEYS, unique=True, max_size=3)):
            parts.append(f"{key} = {draw(value)}{draw(st.sampled_from(['', ' # c', chr(10)]))}")
    return numbered("\n".join(parts))


@given(documents())
def test_every_number_is_found_on_its_line(text: str) -> None:
    """Whatever a document is made of, each of its values is found on the line it stands on."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    lines = Lines.of(text)
    for place, value in leaves(document):
        assert lines.at(place) == value, place


@pytest.mark.parametrize(
    "file", [shipped_config("agent.toml"), shipped_config("hub.toml"), shipped_program("simple")]
)
def test_every_key_of_the_shipped_files_is_on_its_line(file: Any) -> None:
    """In the files that are shipped each key is found on a line that has it."""
    text = file.read_text("utf-8")
    lines = Lines.of(text)
    for place, _ in leaves(tomllib.loads(text)):
        named = [part for part in place if isinstance(part, str)][-1]
        if isinstance(place[-1], str):
            assert named in text.splitlines()[lines.at(place) - 1], place
