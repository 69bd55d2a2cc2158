"""Rows on a screen: widths in terminal columns, what is cut and what is not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dli_cli import amounts, tables
from dli_core.errors.show import columns as width_of


def grid(names: str, *rows: str, right: str = "", short: str = "") -> tables.Grid:
    columns = names.split()
    return tables.Grid(
        columns,
        [name in right.split() for name in columns],
        [name not in short.split() for name in columns],
        [row.split() for row in rows],
    )


def test_the_box_of_the_seed():
    found = grid(
        "date click_count rate", "2025-01-01 45,231 0.0234", "2025-01-02 48,102 0.0251", right="click_count rate"
    )
    lines, _ = tables.box(["Dataset: a.b.c", "Execution: LOCAL (DuckDB)"], found, 80)
    assert lines == [
        "┌───────────────────────────────────┐",
        "│ Dataset: a.b.c                    │",
        "│ Execution: LOCAL (DuckDB)         │",
        "├───────────────────────────────────┤",
        "│ date       │ click_count │   rate │",
        "├────────────┼─────────────┼────────┤",
        "│ 2025-01-01 │      45,231 │ 0.0234 │",
        "│ 2025-01-02 │      48,102 │ 0.0251 │",
        "└───────────────────────────────────┘",
    ]


def test_a_long_title_widens_the_last_column():
    lines, _ = tables.box(["a title that is longer"], grid("a b", "1 2"), 80)
    assert lines[4] == "├───┼────────────────────┤"
    assert len({width_of(line) for line in lines}) == 1


def test_a_title_wider_than_the_screen_is_cut():
    lines, _ = tables.box(["x" * 100], grid("a", "1"), 20)
    assert lines[1] == "│ xxxxxxxxxxxxxxx… │"


def test_rows_that_are_left_out_are_dots():
    lines, _ = tables.box(["t"], grid("name n", "first 1", "last 2"), 80, skip_after=1)
    assert lines[5:8] == ["│ first │ 1 │", "│ ...   │ … │", "│ last  │ 2 │"]


def test_hangul_takes_two_columns():
    lines, _ = tables.box(["데이터셋"], grid("이름 n", "한글 1", "ab 2"), 80)
    assert lines[3:6] == ["│ 이름 │ n │", "├──────┼───┤", "│ 한글 │ 1 │"]
    assert len({width_of(line) for line in lines}) == 1


def test_texts_are_cut_before_numbers():
    found = grid("id note", f"1,234,567,890 {'word' * 20}", right="id", short="note")
    lines, fitted = tables.box(["t"], found, 40)
    assert lines[5] == "│ 1,234,567,890 │ wordwordwordwordwor… │"
    assert fitted.shown == 2


def test_columns_that_do_not_fit_are_left_out_in_the_middle():
    found = grid("a b c d e", "1111111111 2222222222 3333333333 4444444444 5555555555")
    lines, fitted = tables.box(["t"], found, 40)
    assert lines[5] == "│ 1111111111 │ … │ 5555555555         │" or "…" in lines[5]
    assert fitted.shown < 5
    assert max(map(width_of, lines)) <= 40


def test_a_cut_text_never_splits_a_wide_character():
    assert tables.cut("한글데이터", 5) == "한글…"
    assert tables.cut("한글데이터", 4) == "한…"
    assert tables.cut("한글", 4) == "한글"


@given(
    st.lists(st.lists(st.text(max_size=30), min_size=3, max_size=3), max_size=5),
    st.lists(st.text(max_size=20), min_size=3, max_size=3),
    st.integers(40, 120),
)
def test_no_line_is_wider_than_the_screen_and_nothing_is_obeyed(rows: list[list[str]], names: list[str], width: int):
    cells = [[tables.cell(text) for text in row] for row in rows]
    found = tables.Grid([tables.cell(name) for name in names], [False] * 3, [False] * 3, cells)
    lines, _ = tables.box(["title"], found, width)
    assert {width_of(line) for line in lines} <= set(range(width + 1))
    assert len({width_of(line) for line in lines}) == 1
    assert all(line.isprintable() for line in lines)


def test_cells_are_shown_for_people():
    assert tables.cell("1234567", grouped=True) == "1,234,567"
    assert tables.cell("-1234", grouped=True) == "-1,234"
    assert tables.cell(None, grouped=True) == "NULL"
    assert tables.cell("a\x1b[31mb\nc") == "a\\x1b[31mb\\nc"


def test_a_listing_for_a_pipe_cuts_nothing():
    lines = tables.plain(["NAME", "TEXT"], [["a", "x" * 100], ["bb", "y"]])
    assert lines == ["NAME  TEXT", "a     " + "x" * 100, "bb    y"]


def test_a_listing_for_a_terminal_fits_it():
    lines = tables.plain(["NAME", "TEXT"], [["a", "x" * 100], ["bb", "y"]], 40)
    assert max(map(width_of, lines)) == 40
    assert lines[1].endswith("…")


def test_amounts_read_as_people_write_them():
    assert amounts.count(1) == "1"
    assert amounts.count(1, "row") == "1 row"
    assert amounts.count(0, "row") == "0 rows"
    assert amounts.count(336776, "row") == "336,776 rows"
    assert [amounts.size(n) for n in (0, 999, 1000, 999_949, 999_950, 34_997_961)] == [
        "0 B", "999 B", "1.0 kB", "999.9 kB", "1.0 MB", "35.0 MB",
    ]  # fmt: skip
    assert amounts.duration(2340) == "2.34s"
