"""The academy opens, somebody learns, and people say what they miss."""

from pathlib import Path

import academy
from academy.actions import complete_lesson, import_course
from academy.models import Lesson
from portal.accounts.models import User
from portal.demo.clock import Clock
from portal.feedback.actions import answer, suggest, vote
from portal.feedback.models import Answer, Idea

COURSE = Path(academy.__file__).parent / "data" / "cc-cert-core" / "contents"
IDEAS = (
    (
        "Ana",
        "Tell me before my card expires",
        "My membership ended because I did not look at the date. A note two weeks before would have been enough.",
        "subscriptions",
    ),
    (
        "Mika",
        "Show which second viewers leave",
        "I can see that views end early, but not where. The second would tell me what to cut.",
        "rewards",
    ),
    ("Noor", "Let me sell from a post", "A shop link inside a post, with the rate beside it.", "shop"),
    ("Ben", "Subtitles in lessons", "I learn on the train, without sound.", "academy"),
)


def open_academy(clock: Clock) -> int:
    """The shipped course is imported; how many lessons are written."""
    import_course(
        folder=COURSE,
        slug="creative-commons",
        title="Copyright and open licenses",
        attribution="From the Creative Commons Core Certificate by Creative Commons.",
        now=clock.now,
    )
    return Lesson.objects.live().count()


def learn(clock: Clock, people: dict[str, User]) -> None:
    """Sam works through the first two modules and part of the third; Noor begins."""
    lessons = list(Lesson.objects.live().in_order())
    for name, count in (("Sam", 14), ("Noor", 3), ("Mika", 1)):
        for lesson in lessons[:count]:
            complete_lesson(user=people[name], lesson=lesson, now=clock.now)


def speak_up(clock: Clock, people: dict[str, User]) -> list[Idea]:
    """Ideas, votes, and what staff say to them."""
    ideas = [
        suggest(author=people[name], title=title, body=body, area=area, now=clock.now)
        for name, title, body, area in IDEAS
    ]
    for number, idea in enumerate(ideas):
        for name in list(people)[: 9 - 2 * number]:
            vote(user=people[name], idea=idea, now=clock.now)
    answers = (
        (ideas[0], Answer.Outcome.PLANNED, "Planned: two weeks before, by email and in the bell, with an off switch."),
        (ideas[1], Answer.Outcome.REVIEW, "We are looking at what the watch events can tell without following people."),
    )
    for idea, outcome, text in answers:
        answer(idea=idea, by=people["Robin"], outcome=outcome, text=text, now=clock.now)
    return ideas
