"""Questions about programs: who may take part, and if not, what is missing.

`standing` and the preview of a rule share one judgment (`judge`), so that staff see before publishing what will be
true after it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from portal.accounts.models import AudienceCount, Creator
from portal.kit.refusal import Refusal
from portal.programs.models import Application, Enrollment, Invitation, Policy, Program, RegionRule, Suspension


class NotEnrolled(Refusal):
    sentence = "%(creator)s is not part of the program %(program)s."
    status = 403


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one creator at one moment."""

    creator: Creator
    followers: int
    views: int
    measured_at: datetime | None
    age: int | None
    suspensions: tuple[Suspension, ...] = ()
    enrollment: Enrollment | None = None
    invitation: Invitation | None = None

    def inputs(self) -> dict[str, object]:
        """The numbers a decision rested on, to be kept with it."""
        return {
            "followers": self.followers,
            "views_30d": self.views,
            "measured_at": self.measured_at.isoformat() if self.measured_at else None,
            "age": self.age,
            "suspensions": len(self.suspensions),
        }


@dataclass(frozen=True, slots=True)
class Requirement:
    """One line of a rule, held against the creator's own number. `actual` is None where nothing is known."""

    name: str
    sentence: str
    needed: int
    actual: int | None
    policy_version: int | None
    valid_from: date

    @property
    def met(self) -> bool:
        if self.actual is None:
            return self.needed == 0
        return self.actual <= self.needed if self.name == "standing" else self.actual >= self.needed

    @property
    def shown(self) -> int:
        """The number for a bar that is full when the line is met."""
        return min(self.actual or 0, self.needed)

    @property
    def gap(self) -> int:
        """How much is missing: 0 when met."""
        if self.met:
            return 0
        return abs(self.needed - (self.actual or 0))


@dataclass(frozen=True, slots=True)
class Standing:
    """The answer to "may this creator take part?", with every reason."""

    program: Program
    on: date
    facts: Facts
    policy: Policy | None
    mode: RegionRule.Mode
    requirements: tuple[Requirement, ...]
    enrollment: Enrollment | None
    invitation: Invitation | None
    suspension: Suspension | None

    @property
    def meets_rule(self) -> bool:
        """Every requirement is met; says nothing about access in the region."""
        return self.policy is not None and all(requirement.met for requirement in self.requirements)

    @property
    def let_in(self) -> bool:
        """Access in the region is open, or there is an invitation where one is needed."""
        if self.mode == RegionRule.Mode.INVITE_ONLY:
            return self.invitation is not None
        return self.mode == RegionRule.Mode.OPEN

    @property
    def eligible(self) -> bool:
        """All requirements are met, the region lets the creator in, and nothing suspends them."""
        return self.suspension is None and self.meets_rule and self.let_in

    @property
    def enrolled(self) -> bool:
        """Part of the program now: a live enrollment, not suspended. Rules of entry do not end it."""
        return self.enrollment is not None and self.suspension is None

    @property
    def is_open(self) -> bool:
        """Enrolled, or may enroll now."""
        return self.enrolled or (self.enrollment is None and self.eligible)

    @property
    def may_apply(self) -> bool:
        """Meets the rule where access is invite only and no invitation is there."""
        return (
            self.enrollment is None
            and self.suspension is None
            and self.meets_rule
            and self.mode == RegionRule.Mode.INVITE_ONLY
            and self.invitation is None
        )

    @property
    def missing(self) -> tuple[Requirement, ...]:
        return tuple(requirement for requirement in self.requirements if not requirement.met)


def standing(*, creator: Creator, program: Program | str, on: date, now: datetime | None = None) -> Standing:
    """May the creator take part in `program` on the day `on`, and if not, what is missing?

    Without `now`, everything known by the end of that day (UTC) counts. Six queries.
    """
    program = Program(program)
    facts = facts_of(Creator.objects.filter(pk=creator.pk), program=program, on=on, now=now)[0]
    return judge(facts, rulebook(program, on), on)


def standings(*, creators: QuerySet[Creator], program: Program | str, on: date) -> list[Standing]:
    """The same for many creators, in the same number of queries."""
    program = Program(program)
    book = rulebook(program, on)
    return [judge(facts, book, on) for facts in facts_of(creators, program=program, on=on)]


def is_enrolled(*, creator: Creator, program: Program | str, on: date, now: datetime | None = None) -> bool:
    """Part of the program on that day: enrolled and not suspended. One query."""
    at = now or end_of(on)
    suspended = Suspension.objects.live(at).filter(creator=creator, program=program)
    live = Enrollment.objects.live(at).filter(creator=creator, program=program)
    return live.exclude(creator__in=suspended.values("creator")).exists()


def require_enrollment(*, creator: Creator, program: Program | str, on: date, now: datetime | None = None) -> None:
    """Raises NotEnrolled unless `is_enrolled`."""
    if not is_enrolled(creator=creator, program=program, on=on, now=now):
        raise NotEnrolled(creator=creator, program=Program(program).label)


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The rules of one program in force on a day, by region; the empty region is everywhere else."""

    program: Program
    policies: dict[str, Policy]
    region_rules: dict[str, RegionRule]

    def policy(self, region: str) -> Policy | None:
        return self.policies.get(region) or self.policies.get("")

    def region_rule(self, region: str) -> RegionRule | None:
        return self.region_rules.get(region) or self.region_rules.get("")

    def mode(self, region: str) -> RegionRule.Mode:
        """Closed where no rule says otherwise."""
        rule = self.region_rule(region)
        return RegionRule.Mode(rule.mode) if rule else RegionRule.Mode.CLOSED

    def may_recur(self, region: str) -> bool:
        """Whether a card may be charged again by itself there; yes where no rule says otherwise."""
        rule = self.region_rule(region)
        return rule is None or rule.charges == RegionRule.Charges.RECURRING

    def with_policy(self, policy: Policy) -> "Rulebook":
        """The same book with `policy` in its place."""
        return Rulebook(self.program, self.policies | {policy.region: policy}, self.region_rules)


def rulebook(program: Program | str, on: date, *, without: Policy | RegionRule | None = None) -> Rulebook:
    """What is in force on that day. `without` leaves one row out: the book as it would be had it not come."""
    policies: dict[str, Policy] = {}
    for policy in Policy.objects.in_force(on).filter(program=program):
        if policy != without:
            policies.setdefault(policy.region, policy)
    rules: dict[str, RegionRule] = {}
    for rule in RegionRule.objects.in_force(on).filter(program=program):
        if rule != without:
            rules.setdefault(rule.region, rule)
    return Rulebook(Program(program), policies, rules)


def facts_of(creators: QuerySet[Creator], *, program: Program, on: date, now: datetime | None = None) -> list[Facts]:
    """The facts of many creators at `now`, or by the end of the day; four queries for any number."""
    at = now or end_of(on)
    newest = AudienceCount.objects.filter(creator=OuterRef("pk"), measured_at__lte=at).order_by("-measured_at", "-pk")
    rows = list(creators.select_related("user").annotate(count_id=Subquery(newest.values("pk")[:1])).order_by("pk"))
    counts = AudienceCount.objects.in_bulk([row.count_id for row in rows if row.count_id])
    suspensions = _suspensions(creators, at)
    enrollments = {
        row.creator_id: row for row in Enrollment.objects.live(at).filter(program=program, creator__in=creators)
    }
    invitations = _invitations(creators, program, at)
    found = []
    for row in rows:
        count = counts.get(row.count_id)
        found.append(
            Facts(
                creator=row,
                followers=count.followers if count else 0,
                views=count.views_30d if count else 0,
                measured_at=count.measured_at if count else None,
                age=row.user.age(on),
                suspensions=tuple(suspensions.get(row.pk, ())),
                enrollment=enrollments.get(row.pk),
                invitation=invitations.get(row.pk) or invitations.get(row.user.email.lower()),
            )
        )
    return found


def judge(facts: Facts, book: Rulebook, on: date) -> Standing:
    """Hold the facts against the rulebook. Nothing is looked up here."""
    region = facts.creator.region
    policy = book.policy(region)
    return Standing(
        program=book.program,
        on=on,
        facts=facts,
        policy=policy,
        mode=book.mode(region),
        requirements=tuple(_requirements(facts, policy)) if policy else (),
        enrollment=facts.enrollment,
        invitation=facts.invitation,
        suspension=next((row for row in facts.suspensions if row.program == book.program), None),
    )


@dataclass(frozen=True, slots=True)
class Change:
    """What a rule changes for one creator."""

    before: Standing
    after: Standing

    @property
    def enters(self) -> bool:
        return self.after.eligible and not self.before.eligible

    @property
    def leaves(self) -> bool:
        return self.before.eligible and not self.after.eligible


@dataclass(frozen=True, slots=True)
class Preview:
    """Who would come to be eligible and who would cease to be, out of `total` creators in the rule's reach.

    Rules are conditions of entry: those who are enrolled stay, whatever list they are on.
    """

    on: date
    total: int
    enter: tuple[Standing, ...]
    leave: tuple[Standing, ...]


def preview_policy(draft: Policy, *, today: date) -> Preview:
    """What publishing `draft` changes on the day it begins (today, if that day is past), on what is known today."""
    on = max(draft.valid_from, today)
    before = rulebook(draft.program, on)
    return _preview(before, before.with_policy(draft), region=draft.region, on=on)


def newly_eligible(rule: Policy | RegionRule, *, on: date) -> tuple[Standing, ...]:
    """Who is eligible thanks to this rule: is with it, would not be without it."""
    without, book = rulebook(rule.program, on, without=rule), rulebook(rule.program, on)
    return _preview(without, book, region=rule.region, on=on).enter


def _preview(before: Rulebook, after: Rulebook, *, region: str, on: date) -> Preview:
    reached = Creator.objects.filter(region=region) if region else Creator.objects.all()
    changes = [
        Change(judge(facts, before, on), judge(facts, after, on))
        for facts in facts_of(reached, program=before.program, on=on)
    ]
    return Preview(
        on=on,
        total=len(changes),
        enter=tuple(change.after for change in changes if change.enters),
        leave=tuple(change.after for change in changes if change.leaves),
    )


def end_of(on: date) -> datetime:
    """The last moment of a day, UTC."""
    return datetime.combine(on + timedelta(days=1), time(), UTC) - timedelta(microseconds=1)


def invitations_left(*, creator: Creator, program: Program | str, now: datetime) -> int:
    """How many invitations a creator may still hand out: only where access is invite only, and only when enrolled."""
    rule = rulebook(program, now.date()).region_rule(creator.region)
    if rule is None or rule.mode != RegionRule.Mode.INVITE_ONLY:
        return 0
    if not is_enrolled(creator=creator, program=program, on=now.date(), now=now):
        return 0
    given = Invitation.objects.counted(now).filter(by_creator=creator, program=program).count()
    return max(0, rule.invites_per_creator - given)


def pending_application(*, creator: Creator, program: Program | str) -> Application | None:
    return Application.objects.filter(creator=creator, program=program, state=Application.State.PENDING).first()


def _suspensions(creators: QuerySet[Creator], at: datetime) -> dict[int, list[Suspension]]:
    found: dict[int, list[Suspension]] = {}
    for row in Suspension.objects.live(at).filter(creator__in=creators):
        found.setdefault(row.creator_id, []).append(row)
    return found


def _invitations(creators: QuerySet[Creator], program: Program, at: datetime) -> dict[int | str, Invitation]:
    """Live, addressed invitations by creator id or by email."""
    addressed = Q(to_creator__in=creators) | Q(to_email__in=creators.values("user__email"))
    rows: Iterable[Invitation] = Invitation.objects.live(at).filter(addressed, program=program)
    return {row.to_creator_id or row.to_email.lower(): row for row in rows}


def _requirements(facts: Facts, policy: Policy) -> Iterable[Requirement]:
    def line(name: str, sentence: str, needed: int, actual: int | None) -> Requirement:
        return Requirement(name, sentence, needed, actual, policy.version, policy.valid_from)

    if policy.min_followers:
        yield line("followers", _("Followers"), policy.min_followers, facts.followers)
    if policy.min_views:
        yield line(
            "views",
            _("Views in the last %(days)s days") % {"days": policy.views_window_days},
            policy.min_views,
            facts.views,
        )
    if policy.min_age:
        yield line("age", _("Age in full years"), policy.min_age, facts.age)
    if policy.good_standing:
        yield line("standing", _("Suspensions in any program"), 0, len(facts.suspensions))
