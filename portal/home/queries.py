"""What each first page shows: every product's own answer, put together. Nothing is computed here that a product knows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from academy.models import Course
from academy.queries import courses_with_progress, progress
from portal.accounts.models import Creator, User
from portal.feedback.models import Idea
from portal.insights.registry import findings
from portal.jobs.queries import timetable
from portal.ledger.queries import newest_proof
from portal.payments.models import PayoutAccount, StripeEvent
from portal.payouts.models import Payout, PayoutRun
from portal.payouts.queries import balances, prospects
from portal.programs.models import Application, Program
from portal.programs.queries import Standing, standing
from rewards.models import Appeal
from rewards.queries import month_of
from shop import queries as shop
from subscriptions.models import EmojiVersion, Membership, Post, Tier
from subscriptions.queries.alarms import open_alarms
from subscriptions.queries.disputes import open_disputes
from subscriptions.queries.memberships import creator_summary, fan_summary
from subscriptions.queries.posts import library_posts
from subscriptions.queries.promises import promise_boards


@dataclass(frozen=True)
class Step:
    """One tick of the checklist: ticked from the rows, never by hand."""

    label: str | Promise
    done: bool
    url: str


@dataclass(frozen=True)
class Queue:
    """Work that waits for staff: how much, since when, and where."""

    label: str | Promise
    count: int
    oldest: datetime | None
    url: str


def creator_home(creator: Creator, now: datetime) -> dict[str, Any]:
    found = {row.currency: row for row in prospects(now=now, creator=creator)}
    money = [(row, found.get(row.currency)) for row in balances(creator)]
    standings = [standing(creator=creator, program=program, on=now.date(), now=now) for program in Program]
    sales = shop.creator_summary(creator, now)
    steps = checklist(creator, standings, has_links=sales["links"] > 0)
    return {
        "creator": creator,
        "money": money,
        "members": creator_summary(creator=creator, now=now),
        "shop": sales,
        "rewards": month_of(creator=creator, month=now.date()),
        "standings": standings,
        "steps": steps,
        "steps_done": sum(step.done for step in steps),
        "findings": findings(creator, now)[:3],
        "lesson": next_lesson(creator.user, now),
        "promises": promise_boards(creator=creator, at=now),
    }


def checklist(creator: Creator, standings: list[Standing], *, has_links: bool) -> list[Step]:
    """The first steps of a creator, each ticked by what is there."""
    joined = {each.program for each in standings if each.enrolled}
    return [
        Step(_("Say who you are to your fans"), bool(creator.intro), reverse("creator_profile")),
        Step(_("Join a program"), bool(joined), reverse("program_overview")),
        Step(_("Publish a tier"), Tier.objects.filter(creator=creator).on_sale().exists(), reverse("tier_list")),
        Step(_("Write a post"), Post.objects.filter(creator=creator).exists(), reverse("post_list")),
        Step(_("Take a shop link"), has_links, reverse("marketplace")),
        Step(
            _("Say where to pay you"),
            PayoutAccount.objects.filter(creator=creator, state=PayoutAccount.State.READY).exists(),
            reverse("payout_account"),
        ),
    ]


def fan_home(user: User, now: datetime) -> dict[str, Any]:
    return {
        "summary": fan_summary(user=user, now=now),
        "posts": library_posts(fan=user, at=now, most=5),
        "courses": courses_with_progress(user, now),
        "lesson": next_lesson(user, now),
        "creators": creators_to_visit(now, but_for=user),
    }


def creators_to_visit(now: datetime, *, but_for: User | None = None, most: int = 6) -> list[Creator]:
    """Creators with a tier on sale or a published post; not the person's own page, nor those they have joined."""
    with_posts = Post.objects.published(now).values("creator")
    with_tiers = Tier.objects.on_sale().values("creator")
    found = Creator.objects.filter(pk__in=with_posts) | Creator.objects.filter(pk__in=with_tiers)
    if but_for is not None:
        joined = Membership.objects.going_on().filter(fan=but_for).values("creator")
        found = found.exclude(user=but_for).exclude(pk__in=joined)
    return list(found.order_by("became_creator_at", "pk")[:most])


def next_lesson(user: User, now: datetime) -> Any:
    """The next unread lesson of the first live course that is not finished."""
    for course in Course.objects.live(now):
        if lesson := progress(user, course).next:
            return lesson
    return None


def staff_home(now: datetime) -> dict[str, Any]:
    del now  # the age of what waits is shown by the page
    return {"queues": queues(), "proof": newest_proof()}


def back_office(now: datetime) -> dict[str, Any]:
    """The dashboard of the back office: queues with their ages, runs, books, and the jobs that are not well."""
    jobs = timetable(at=now)
    return {
        "queues": queues(),
        "proof": newest_proof(),
        "runs": PayoutRun.objects.order_by("-opened_at")[:3],
        "jobs": [job for job in jobs if job.state and not job.is_well],
        "jobs_well": sum(job.is_well for job in jobs),
        "jobs_unknown": sum(job.state is None for job in jobs),
    }


def queues() -> list[Queue]:
    """Everything that waits for somebody."""
    unclear = Payout.objects.filter(state=Payout.State.UNKNOWN)
    broken = StripeEvent.objects.unhandled().exclude(last_error="")
    applications = Application.objects.filter(state=Application.State.PENDING)
    appeals = Appeal.objects.filter(state=Appeal.State.OPEN)
    emojis = EmojiVersion.objects.waiting()
    ideas = Idea.objects.with_outcome(Idea.OPEN)
    return [
        Queue(_("Disputes"), *_age(open_disputes().filter(answer__isnull=True), "due_at"), reverse("dispute_list")),
        Queue(_("Alarms"), *_age(open_alarms(), "since_at"), reverse("alarm_list")),
        Queue(_("Payouts without a clear answer"), *_age(unclear, "claimed_at"), _admin("payouts", "payout")),
        Queue(_("Events that failed"), *_age(broken, "received_at"), _admin("payments", "stripeevent")),
        Queue(_("Applications"), *_age(applications, "sent_at"), _admin("programs", "application")),
        Queue(_("Appeals"), *_age(appeals, "opened_at"), _admin("rewards", "appeal")),
        Queue(_("Emojis to look at"), *_age(emojis, "uploaded_at"), reverse("emoji_review")),
        Queue(_("Ideas without an answer"), *_age(ideas, "suggested_at"), reverse("idea_list") + "?outcome=open"),
    ]


def _age(rows: Any, moment: str) -> tuple[int, datetime | None]:
    return rows.count(), rows.order_by(moment).values_list(moment, flat=True).first()


def _admin(app: str, model: str) -> str:
    return reverse(f"admin:{app}_{model}_changelist")
