import json
from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from portal.accounts.models import Creator
from rewards.actions import close_month, rate_stale
from rewards.importers.kuairand import EXCERPT, import_file
from rewards.models import Clip, DailyRating, RateCard, ViewBatch, ViewSource
from rewards.queries import month_of
from rewards.tests.conftest import COLUMNS, JUNE_3, MAY, row
from rewards.tests.test_rating import REAL, needs_real

pytestmark = pytest.mark.django_db


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    call_command("import_views", *arguments, "--source", "kuairand", "--json")
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


@needs_real
@pytest.mark.parametrize(
    ("options", "qualified", "clips"), [(["--clip-seconds-at-least", "60"], 4_219, 276), ([], 4_209, 275)]
)
def test_a_dry_run_counts_the_real_views_and_keeps_nothing(
    capsys: pytest.CaptureFixture[str], options: list[str], qualified: int, clips: int
) -> None:
    found = told(capsys, str(REAL), "--dry-run", *options)
    assert (found["total"], found["qualified"], found["clips"]) == (41_828, qualified, clips)
    assert sum(found["reasons"].values()) + qualified == 41_828  # type: ignore[attr-defined]
    assert not ViewBatch.objects.exists()


def test_the_shipped_excerpt_is_taken_in_once(capsys: pytest.CaptureFixture[str]) -> None:
    first = told(capsys, str(EXCERPT))
    assert (first["total"], first["qualified"], first["clips"], first["is_new"]) == (1_693, 1_036, 34, True)
    assert told(capsys, str(EXCERPT)) == first | {"is_new": False}
    assert ViewBatch.objects.get().views == 1_693


def test_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("import_views", str(EXCERPT), source="kuairand", dry_run=True)
    assert capsys.readouterr().out.startswith("1,693 views, 1,036 qualified on 34 clips\n")


def test_the_videos_become_clips_of_creators(mika: Creator, noor: Creator, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, str(EXCERPT), "--creator", "@mika", "--creator", "noor")
    assert Clip.objects.filter(creator=mika).count() == Clip.objects.filter(creator=noor).count() == 21
    told(capsys, str(EXCERPT), "--creator", "@mika", "--creator", "noor")
    assert Clip.objects.count() == 42
    with pytest.raises(CommandError, match="no creator nobody"):
        told(capsys, str(EXCERPT), "--creator", "nobody")


def test_the_excerpt_can_be_staged_as_a_month_of_the_demo(mika: Creator) -> None:
    staged = import_file(creators=[mika], now=JUNE_3, shift_to_month=MAY, audience_factor=3, countries=["US", "DE"],
                         titles=["Sourdough", "Knots"])  # fmt: skip
    batch = staged.accepted.batch
    assert (batch.views, batch.first_date.month, batch.last_date.month) == (3 * 1_693, 5, 5)
    assert {"Sourdough", "Knots"} < {clip.title for clip in staged.clips}
    rate_stale(until=date(2026, 5, 31), now=JUNE_3)
    month = month_of(creator=mika, month=MAY)
    assert (month.funnel().views, month.funnel().qualified) == (3 * 1_693, 3 * 1_036)
    assert {region for rating in DailyRating.objects.all() for region in rating.regions} == {"US", "DE"}
    [statement] = close_month(month=MAY, now=JUNE_3)
    assert statement.amount_minor == month.amount_minor
    again = import_file(creators=[mika], now=JUNE_3, shift_to_month=MAY, audience_factor=3, countries=["US", "DE"])
    assert not again.accepted.is_new


HEAD = COLUMNS.encode()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty"),
        (HEAD + b"\n", "holds no views"),
        (b"\xff\xfe\x00\x01", "not a text in UTF-8"),
        (b"user_id,video_id\n1,2\n", "does not name the column “user_id”"),
        (HEAD + b"\tlabel\n", "names a column twice"),
        (HEAD + b"\n1\t2\n", "Line 2 of the file cannot be read"),
        (HEAD + b"\n" + row(1, 1, 5).encode() + b"\n" + row(1, 1, 5, watched=-1).encode(), "Line 3: the time watched"),
        (HEAD + b"\n" + row(1, 1, 5).replace("\t9000\t", "\t9.5\t").encode(), "Line 2: the time watched"),
        (HEAD + b"\n" + row(1, 1, 5).replace("\t90000\t", "\tlong\t").encode(), "Line 2: “duration_ms” is not a length"),
        (HEAD + b"\n" + row(1, 1, 5, liked=7).encode(), "Line 2: “label” is neither 0 nor 1"),
        (HEAD + b"\n" + row(1, "", 5).encode(), "Line 2: “clip_id” is missing"),
        (HEAD + b"\n" + row(1, "x" * 65, 5).encode(), "Line 2: “clip_id” is longer than 64"),
        (HEAD + b"\n1\t2\t12\t9000\t90000\t1", "Line 2: the time of the view cannot be"),
        (HEAD + b"\n" + b"x" * 3_000_000 + b"\n", "Line 2 of the file cannot be read"),
    ],
)  # fmt: skip
def test_a_broken_file_is_refused_in_one_sentence_and_may_be_sent_again(
    tmp_path: Path, content: bytes, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "views.tsv"
    path.write_bytes(content)
    with pytest.raises(CommandError, match=sentence) as refused:
        told(capsys, str(path))
    assert "\n" not in str(refused.value)
    assert not ViewBatch.objects.exists()
    assert not Clip.objects.exists()
    path.write_bytes(EXCERPT.read_bytes())
    assert told(capsys, str(path))["is_new"] is True


def test_a_file_that_is_not_there_and_options_that_make_no_sense(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with pytest.raises(CommandError, match="There is no file"):
        told(capsys, str(tmp_path / "nowhere.tsv"))
    with pytest.raises(CommandError, match="There is no file"):
        told(capsys, str(tmp_path))
    with pytest.raises(CommandError, match="0 to 86400"):
        told(capsys, str(EXCERPT), "--clip-seconds-at-least", "-1")


def test_without_any_rate_card_the_starting_values_serve(capsys: pytest.CaptureFixture[str], db: None) -> None:
    RateCard.objects.all().delete()
    ViewSource.objects.all().delete()
    assert told(capsys, str(EXCERPT), "--dry-run")["qualified"] == 1_036
