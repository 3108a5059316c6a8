import shutil
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from academy.actions import Imported, complete_lesson, import_course
from academy.importing import CourseUnreadable
from academy.models import Completion, Course, Lesson
from academy.tests.conftest import SHIPPED
from portal.accounts.models import User


def counts(done: Imported) -> tuple[int, int, int, int, int]:
    return done.added, done.changed, done.kept, done.withdrawn, done.empty


def run(folder: Path, now: datetime) -> Imported:
    return import_course(folder=folder, slug="creative-commons", attribution="By Creative Commons.", now=now)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "course"))


def test_the_real_course_arrives_in_order(db: None, noon: datetime) -> None:
    assert counts(run(SHIPPED, noon)) == (37, 0, 0, 0, 11)
    modules = list(Course.objects.get().modules.values_list("slug", flat=True))
    assert modules == ["commons", "copyright", "licenses", "sociocultural", "legal", "using"]
    copyright_lessons = Lesson.objects.filter(module__slug="copyright").in_order().values_list("slug", flat=True)
    assert list(copyright_lessons) == [
        "introduction", "basics", "other-ip", "public-domain", "exceptions-limitations", "global", "summit-quest"
    ]  # fmt: skip


def test_each_lesson_keeps_the_license_its_file_states(course: Course) -> None:
    assert Counter(Lesson.objects.values_list("license", flat=True)) == {"CC BY 4.0": 35, "CC BY-SA 4.0": 2}


def test_footers_images_and_their_credits_are_left_out(course: Course) -> None:
    bodies = "\n".join(Lesson.objects.values_list("body", flat=True))
    assert "![" not in bodies
    assert "you can help by reporting them as an issue" not in bodies
    assert "](basics.md)" not in bodies


def test_a_second_import_changes_nothing(course: Course, noon: datetime) -> None:
    before = list(Lesson.objects.values().order_by("pk"))
    assert counts(run(SHIPPED, noon)) == (0, 0, 37, 0, 11)
    assert list(Lesson.objects.values().order_by("pk")) == before


def test_a_changed_lesson_keeps_who_completed_it(folder: Path, sam: User, noon: datetime) -> None:
    run(folder, noon)
    lesson = Lesson.objects.get(slug="basics")
    complete_lesson(user=sam, lesson=lesson, now=noon)
    text = (folder / "copyright/basics.md").read_text()
    (folder / "copyright/basics.md").write_text(text.replace("## The Big Question", "## The one question"))
    assert counts(run(folder, noon)) == (0, 1, 36, 0, 11)
    assert "The one question" in Lesson.objects.get(pk=lesson.pk).body
    assert Completion.objects.filter(user=sam, lesson=lesson).exists()


def test_a_lesson_that_is_gone_is_withdrawn(db: None, folder: Path, noon: datetime) -> None:
    run(folder, noon)
    index = folder / "index.md"
    index.write_text("\n".join(line for line in index.read_text().splitlines() if "gratitude.md" not in line))
    inner = folder / "sociocultural/index.md"
    inner.write_text(inner.read_text().replace("(gratitude.md)", ""))
    assert counts(run(folder, noon)) == (0, 1, 35, 1, 11)
    assert Lesson.objects.get(slug="gratitude").state == Lesson.State.WITHDRAWN


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda folder: (folder / "index.md").unlink(), "index.md is missing"),
        (lambda folder: (folder / "copyright/global.md").unlink(), "copyright/global.md is missing"),
        (lambda folder: (folder / "copyright/global.md").write_bytes(b"\xff\xfe\x00"), "is not UTF-8"),
        (lambda folder: (folder / "copyright/global.md").write_text("x" * 600_000), "larger than 512 KB"),
        (lambda folder: (folder / "index.md").write_text("# Nothing"), "lists no module"),
        (lambda folder: (folder / "index.md").write_text("* [Out](../../secret.md)"), "lies outside the course"),
        (lambda folder: (folder / "index.md").write_text("  * [L](copyright/basics.md)"), "before the first module"),
    ],
)
def test_a_broken_folder_is_refused_whole(folder: Path, noon: datetime, db: None, spoil, sentence: str) -> None:  # type: ignore[no-untyped-def]
    spoil(folder)
    with pytest.raises(CourseUnreadable, match=sentence):
        run(folder, noon)
    assert not Course.objects.exists()
    shutil.rmtree(folder)
    shutil.copytree(SHIPPED, folder)
    assert counts(run(folder, noon)) == (37, 0, 0, 0, 11)


def test_the_command_says_what_it_did_and_refuses_in_one_sentence(
    db: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("import_course", str(SHIPPED), slug="cc", attribution="By Creative Commons.", title="Licenses")
    assert capsys.readouterr().out.startswith("Licenses: 37 lessons added, 0 changed")
    with pytest.raises(CommandError, match=r"index\.md is missing"):
        call_command("import_course", str(tmp_path), slug="empty", attribution="Nobody.")
