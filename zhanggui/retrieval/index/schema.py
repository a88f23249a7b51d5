"""The text index on disk: fields, and how queries become tantivy's."""

from collections import Counter
from collections.abc import Sequence

import tantivy

from zhanggui.retrieval.index.document import FILLER, MARK, Document, flat
from zhanggui.retrieval.index.matching import Step, tokens_of
from zhanggui.retrieval.text.query import Query, Unit

VERSION = 1
"""Raised whenever fields or documents change: indexes of another version are rebuilt."""

WEIGHTS = (("title", 1.0), ("all", 0.5))
"""How much a token counts by the field that has it."""

MAX_TOKENS = 128
_CLAUSES = 4000
_MUST, _SHOULD, _NOT = tantivy.Occur.Must, tantivy.Occur.Should, tantivy.Occur.MustNot
_FILL = f" {MARK}" * FILLER


def schema() -> tantivy.Schema:
    """Return the fields. `row` is the place in the columns; `role` and `note` hold what the index knows of itself."""
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("row", indexed=True, fast=True)
    builder.add_text_field("title", tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("all", tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("atoms", tokenizer_name="whitespace", index_option="position")
    builder.add_text_field("role", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("note", stored=True, tokenizer_name="raw", index_option="basic")
    return builder.build()


def to_tantivy(row: int, document: Document) -> tantivy.Document:
    """Return a product's document; our tokens go in as they are, divided by spaces."""
    written = tantivy.Document()
    written.add_unsigned("row", row)
    written.add_text("title", " ".join(document.title) + _FILL)
    written.add_text("all", " ".join(document.everything) + _FILL)
    for atoms in document.atoms:
        written.add_text("atoms", " ".join(atoms))
    return written


def scoring_tokens(query: Query) -> list[tuple[str, int]]:
    """Return the tokens by which products are scored and how often each was typed."""
    return Counter(flat(query.tokens)).most_common(MAX_TOKENS)


class QueryMaker:
    """Turn understood queries into tantivy's. Tokens are terms, never query syntax: nothing typed is interpreted."""

    def __init__(self, fields: tantivy.Schema) -> None:
        self._fields = fields

    def matching(self, step: Step, query: Query) -> tantivy.Query:
        """Return the query for what matches: a step's units, all phrases, nothing excluded. Scores are zero."""
        clauses = [(_MUST, self._phrase(phrase)) for phrase in query.phrases]
        clauses += [(_NOT, self.unit(unit)) for unit in query.excluded]
        clauses.append((_MUST, self._at_least(step) if step.units else self._term("all", MARK)))
        return tantivy.Query.const_score_query(tantivy.Query.boolean_query(clauses), 0.0)

    def unit(self, unit: Unit) -> tantivy.Query:
        """Return the query for what has one thing asked for: all of its terms, or its phrase."""
        ways = [self._every([self._term("all", token) for token in tokens_of(unit)])] if unit.terms else []
        ways += [self._phrase(unit.phrase)] if unit.phrase else []
        return ways[0] if len(ways) == 1 else tantivy.Query.boolean_query([(_SHOULD, way) for way in ways])

    def only(self, unit: Unit, *, rows: Sequence[int] | None = None) -> tantivy.Query:
        """Return the query for what has one thing asked for, among all products or those of these rows."""
        asked = self.unit(unit) if rows is None else self._every([self.unit(unit), self.rows(rows)])
        return tantivy.Query.const_score_query(asked, 0.0)

    def scored(self, within: tantivy.Query, query: Query) -> tantivy.Query:
        """Return a query that finds what `within` finds and scores it by the query's tokens.

        Tokens and fields stand side by side: within each other they are read to the end, where few rows are asked for.
        """
        scoring = [
            (_SHOULD, tantivy.Query.boost_query(self._term(field, token), weight * times))
            for token, times in scoring_tokens(query)
            for field, weight in WEIGHTS
        ]
        return tantivy.Query.boolean_query([(_MUST, within), *scoring])

    def rows(self, rows: Sequence[int]) -> tantivy.Query:
        """Return the query for the products of these rows, scored zero.

        One clause a row finds a thousand rows five times as fast as a set of terms, which walks the dictionary.
        """
        if len(rows) > _CLAUSES:
            found = tantivy.Query.term_set_query(self._fields, "row", rows)
        else:
            found = tantivy.Query.boolean_query([(_SHOULD, self._row(row)) for row in rows])
        return tantivy.Query.const_score_query(found, 0.0)

    def _row(self, row: int) -> tantivy.Query:
        return tantivy.Query.term_query(self._fields, "row", row, index_option="basic")

    def _at_least(self, step: Step) -> tantivy.Query:
        units = [self.unit(unit) for unit in step.units]
        if step.needed >= len(units):
            return self._every(units)
        return tantivy.Query.boolean_query([(_SHOULD, u) for u in units], minimum_number_should_match=step.needed)

    def _every(self, queries: Sequence[tantivy.Query]) -> tantivy.Query:
        return queries[0] if len(queries) == 1 else tantivy.Query.boolean_query([(_MUST, query) for query in queries])

    def _phrase(self, atoms: Sequence[str]) -> tantivy.Query:
        if len(atoms) == 1:
            return self._term("atoms", atoms[0])
        return tantivy.Query.phrase_query(self._fields, "atoms", list(atoms))

    def _term(self, field: str, token: str) -> tantivy.Query:
        return tantivy.Query.term_query(self._fields, field, token, index_option="freq")


def note(text: str) -> tantivy.Document:
    """Return the document in which the index keeps what it knows of itself; it is no product."""
    written = tantivy.Document()
    written.add_text("role", "note")
    written.add_text("note", text)
    return written
