import itertools
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kit.charts import (
    Chart,
    Series,
    area_chart,
    bar_chart,
    cohort_grid,
    funnel_chart,
    line_chart,
    progress_ring,
    sparkline,
    stacked_bar_chart,
    waterfall_chart,
)
from portal.kit.charts.model import HEIGHT, WIDTH, Name, names_along, thinned, ticks

MONTHS = ["Jan", "Feb", "Mar", "Apr"]
EARNED = Chart("Earned", MONTHS, [Series("Tiers", [100, 250, None, 400]), Series("Shop", [0, 20, 30, 90])], "usd")
DRAWINGS = (line_chart, area_chart, bar_chart, stacked_bar_chart)


@pytest.mark.parametrize("draw", DRAWINGS)
def test_a_chart_has_a_name_its_values_and_a_table_twin(draw) -> None:  # type: ignore[no-untyped-def]
    html = draw(EARNED)
    assert 'aria-label="Earned"' in html
    assert "Jan: $1.00" in html
    assert html.count("<tr>") == 5
    assert "style=" not in html
    assert "<script" not in html


@pytest.mark.parametrize("draw", DRAWINGS)
def test_a_chart_is_well_formed_and_stays_in_its_box(draw) -> None:  # type: ignore[no-untyped-def]
    svg = re.search(r'<svg viewBox="0 0 640 240".*?</svg>', draw(EARNED), re.DOTALL)
    assert svg
    tree = ElementTree.fromstring(svg[0])
    for one in tree.iter("circle"):
        assert 0 <= float(one.get("cx", "-1")) <= WIDTH
        assert 0 <= float(one.get("cy", "-1")) <= HEIGHT
    for one in tree.iter("rect"):
        assert 0 <= float(one.get("x", "-1")) <= WIDTH - float(one.get("width", "999"))
        assert 0 <= float(one.get("y", "-1")) <= HEIGHT - float(one.get("height", "999"))


def test_a_waterfall_ends_in_the_sum_of_its_steps() -> None:
    html = waterfall_chart(Chart("From gross to you", ["Gross", "Fee", "Tax"], [Series("", [1000, -59, -100])], "usd"))
    assert "What is left: $8.41" in html


def test_a_funnel_keeps_its_order_and_numbers() -> None:
    html = funnel_chart("Views", [("All", 41828), ("Long enough", 28627), ("Qualified", 4219)])
    assert re.findall(r">([\d,]+)</span>", html) == ["41,828", "28,627", "4,219"]


def test_an_empty_chart_draws_nothing_but_its_frame() -> None:
    for draw in DRAWINGS:
        assert "<figure" in draw(Chart("Nothing", [], [Series("", [])]))
    assert "<svg" in sparkline([], "Nothing yet")
    assert "0%" in progress_ring(0, 0, "Nothing to do")


@given(st.integers(-(10**12), 10**12), st.integers(0, 10**12))
def test_ticks_are_round_even_and_reach_over_both_ends(low: int, span: int) -> None:
    marks = ticks(low, low + span)
    steps = {b - a for a, b in itertools.pairwise(marks)}
    assert len(steps) == 1
    assert str(steps.pop()).rstrip("0") in {"1", "2", "5"}
    assert marks[0] <= low
    assert marks[-1] >= low + span
    assert 2 <= len(marks) <= 7


@given(st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=400))
def test_labels_are_few_enough_not_to_collide(labels: list[str]) -> None:
    shown = [label for label in thinned(labels) if label]
    assert len(shown) <= 9
    assert thinned(labels)[-1] == labels[-1]


def test_cohorts_and_rings_say_their_number() -> None:
    assert "67%" in cohort_grid("Kept", ["1", "2"], [("Jan", [10_000, 6_700]), ("Feb", [10_000, None])])
    assert 'aria-label="Lessons: 40%"' in progress_ring(4, 10, "Lessons")


def test_a_label_at_the_edge_ends_there_and_every_other_may_be_left_out() -> None:
    assert names_along(["Oct", "Nov"], lambda i: [64, 626][i]) == [Name(64, "Oct"), Name(WIDTH, "Nov", "end")]
    assert names_along(["Oct"], lambda i: 64) == [Name(64, "Oct")]
    spare = [name.spare for name in names_along(list("abcde"), lambda i: i * 100.0)]
    assert spare == [False, True, False, True, False], "the last one always stays"
