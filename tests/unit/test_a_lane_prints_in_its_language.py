"""A program speaks the languages it lists, whole, and each lane prints in one of them."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from stocked import CARD, Stock, sale_of

from agent.clock import mint_id
from agent.core.phrases import BUILT_IN, Phrases
from agent.core.program import Program
from agent.core.receipt import Paper
from agent.core.strict_toml import InvalidDocument
from agent.ledger import Ledger
from agent.paths import shipped_program
from agent.settings import AgentSettings
from agent.till import Back, Terms, Till

SIMPLE = shipped_program("simple").read_text("utf-8")
PROGRAM = Program.parse(SIMPLE, source="simple.toml")


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    """A ledger in a directory of its own."""
    return Stock(tmp_path / "ledger.db")


def complaint_about(text: str) -> str:
    """What is said about a program that is refused, without the numbers of lines."""
    with pytest.raises(InvalidDocument) as refused:
        Program.parse(text, source="simple.toml")
    return re.sub(r"(?m)^(\w+\.toml):\d+: ", r"\1: ", str(refused.value))


def test_a_program_without_languages_speaks_english() -> None:
    """English is built in: a program that says nothing about languages has it."""
    text = SIMPLE.partition("[phrases.es]")[0].replace('languages = ["en", "es"]', "")
    text = "\n".join(line for line in text.splitlines() if not line.startswith("texts"))
    plain = Program.parse(text, source="simple.toml")
    assert plain.languages == ("en",)
    assert plain.phrases_in("en") == BUILT_IN
    assert Paper.of(plain).texts == {}


@pytest.mark.parametrize(
    "phrase", [name for name, field in Phrases.model_fields.items() if field.is_required()]
)
def test_a_language_has_every_phrase(phrase: str) -> None:
    """Whichever phrase a language lacks, the mistake names it."""
    lines = [line for line in SIMPLE.splitlines() if not line.startswith(f"{phrase} = ")]
    missing = f"key 'phrases.es.{phrase}' is missing; write a text, in quotes"
    assert complaint_about("\n".join(lines)) == f"simple.toml: {missing}"


@pytest.mark.parametrize(
    ("line", "instead", "complaint"),
    [
        ('["en", "es"]', '["en", "es", "fr"]', "languages.3: 'fr' has no table [phrases.fr]"),
        ('["en", "es"]', '["en"]', "phrases.es: 'es' cannot stand here; of languages, en can"),
        ('["en", "es"]', '["en", "es", "es"]', "languages.3: two languages are called 'es'"),
        ('["en", "es"]', "[]", "languages: "),
        ('["en", "es"]', '["English"]', "languages.1: "),
        (
            '{ es = "Un',
            '{ fr = "Un',
            "[[reward]] \"coffee\": texts.fr: 'fr' cannot stand here; of languages, es",
        ),
        ('{ es = "Un', '{ en = "Un', "[[reward]] \"coffee\": texts.en: 'en' cannot stand here"),
        ('owed = "', 'owned = "', "unknown key 'phrases.es.owned'; did you mean 'owed'?"),
        ("{points} por sumar", "por sumar", "next_reward: must name {reward} and {points}"),
        ("{points} por", "{puntos} por", "next_reward: must name {reward} and {points}"),
        ("{points} por", "{points:>9} por", "next_reward: must name {reward} and {points}"),
        ("{points} por", "{points!r} por", "next_reward: must name {reward} and {points}"),
        ("{points} por", "{points por", "phrases.es.next_reward: "),
        ("Saldo de puntos", "Saldo: {points}", "phrases.es.balance: names no value"),
        ("Ref. {position}", "Ref.", "phrases.es.reference: must name {position}"),
    ],
)
def test_a_mistake_in_a_language_is_named(line: str, instead: str, complaint: str) -> None:
    """A word that is missing, or names what there is not, is found when the program is read."""
    assert line in SIMPLE
    said = complaint_about(SIMPLE.replace(line, instead))
    assert said.startswith("simple.toml: ")
    assert complaint in said


def test_a_text_may_be_missing_in_a_language() -> None:
    """A rule that nobody translated is printed as the program's first language has it."""
    text = SIMPLE.replace('texts = { es = "1 punto por cada $1" }\n', "")
    spanish = Paper.of(Program.parse(text, source="simple.toml"), language="es")
    assert spanish.text("base", "1 point per $1") == "1 point per $1"
    assert spanish.text("coffee", "A coffee") == "Un café"


def settings_with(directory: Path, **lane: Any) -> AgentSettings:
    """An agent of two lanes, the second one so."""
    return AgentSettings(
        device={"tenant": "t", "store": "s", "name": "d"},
        ledger={"path": directory / "ledger.db"},
        program={"path": shipped_program("simple")},
        lane=({"name": "1"}, {"name": "2"} | lane),
    )


def test_each_lane_has_its_own_paper(tmp_path: Path) -> None:
    """Width and language are the lane's; what it leaves out is 32 and the program's first."""
    papers = settings_with(tmp_path, receipt_width=48, language="es").papers(PROGRAM)
    assert (papers["1"].width, papers["1"].phrases) == (32, BUILT_IN)
    assert (papers["2"].width, papers["2"].phrases) == (48, PROGRAM.phrases["es"])


def test_a_language_nobody_wrote_is_a_mistake(tmp_path: Path) -> None:
    """A lane that wants a language which the program lacks is told those it has."""
    with pytest.raises(InvalidDocument) as refused:
        settings_with(tmp_path, language="fr").papers(PROGRAM)
    said = "lane '2': language: program simple has no language 'fr'; it has en, es"
    assert str(refused.value) == said


@pytest.mark.parametrize("width", [31, 80, "42"])
def test_paper_comes_in_three_widths(tmp_path: Path, width: object) -> None:
    """A width that no receipt printer has is refused."""
    with pytest.raises(ValueError, match="receipt_width"):
        settings_with(tmp_path, receipt_width=width)


def test_a_receipt_is_of_the_lane_it_counts_at(stock: Stock, ledger: Ledger) -> None:
    """A sale, its retry from another lane, its return and its void print as their lane does."""
    spanish = Paper.of(PROGRAM, width=42, language="es")
    till = Till(ledger, Terms(program=PROGRAM, papers={"2": spanish}), mint_id=mint_id)
    stock.enrol(ledger)
    there = sale_of(1000).model_copy(update={"lane": "2"})

    async def trade() -> list[tuple[str, ...]]:
        first = await till.commit("s-1", there)
        again = await till.commit("s-1", there.model_copy(update={"lane": "1"}))
        assert again.replay
        assert again.answer == first.answer
        back = Back(amount_minor=500, lane="1")
        returned, _ = await till.take_back("s-1", "r-1", back)
        voided, _ = await till.void("s-1")  # nobody says where: it counts where the sale was
        bare = await till.commit("s-2", there.model_copy(update={"token": None}))
        claimed = await till.claim("s-2", CARD, lane="1")
        return [
            answer.receipt
            for answer in (first.answer, returned, voided, bare.answer, claimed.answer)
        ]

    first, returned, voided, bare, claimed = asyncio.run(trade())
    assert first[0] == "Puntos de esta compra                   10"
    assert returned[:2] == ("Goods returned", "Points taken back             -5")
    assert voided[:2] == ("Compra anulada", "Puntos retirados                        -5")
    assert bare[0].startswith("Ref. ")
    assert claimed[0] == "Points from this sale         10"
