"""Who may take part in what: dated rules, access by region, invitations, and the rows of those who are in.

A published rule is never edited: a newer row takes over on its day, and an old decision can still be explained.
"""

from datetime import UTC, date, datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from portal.accounts.models import Creator
from portal.kit.public_ids import public_id

# The only window in which audiences are measured; see AudienceCount.views_30d.
VIEWS_WINDOW_DAYS = 30


def invitation_token() -> str:
    return public_id(20)


class Program(models.TextChoices):
    """The ways to earn."""

    SUBSCRIPTIONS = "subscriptions", _("Subscriptions")
    REWARDS = "rewards", _("Rewards")
    SHOP = "shop", _("Shop")


class PolicyQuerySet(models.QuerySet["Policy"]):
    def published(self) -> "PolicyQuerySet":
        return self.filter(published_at__isnull=False)

    def in_force(self, on: date) -> "PolicyQuerySet":
        """Published, begun and not ended; the newest beginning first, so the first row of a place is the rule."""
        ended = Q(valid_until__isnull=False, valid_until__lt=on)
        return self.published().filter(valid_from__lte=on).exclude(ended).order_by("-valid_from", "-version")


class Policy(models.Model):
    """One version of a program's entry rule, for one region or, with an empty region, for all others."""

    program = models.CharField(_("program"), max_length=16, choices=Program)
    region = models.CharField(_("region"), max_length=2, blank=True, help_text=_("Empty: everywhere else."))
    version = models.PositiveIntegerField(_("version"), null=True, blank=True, help_text=_("Given when published."))
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(
        _("valid until"), null=True, blank=True, help_text=_("The last day; empty: until a newer rule begins.")
    )
    min_followers = models.PositiveBigIntegerField(_("followers, at least"), default=0)
    min_views = models.PositiveBigIntegerField(_("views in the window, at least"), default=0)
    views_window_days = models.PositiveSmallIntegerField(_("days of the window"), default=VIEWS_WINDOW_DAYS)
    min_age = models.PositiveSmallIntegerField(_("age, at least"), default=18)
    good_standing = models.BooleanField(_("good standing: no suspension in any program"), default=True)
    note = models.TextField(_("why this rule"), blank=True)
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    # Progress of telling those who became eligible; not part of the rule.
    announced_at = models.DateTimeField(_("announced"), null=True, blank=True)

    objects = PolicyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "policies"
        ordering: ClassVar = ["program", "region", "-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["program", "region", "version"], name="one_policy_per_version"),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="policy_ends_after_start",
            ),
            models.CheckConstraint(condition=Q(views_window_days=VIEWS_WINDOW_DAYS), name="policy_window_is_measured"),
            models.CheckConstraint(
                condition=Q(published_at__isnull=True, version__isnull=True)
                | Q(published_at__isnull=False, version__gte=1),
                name="policy_has_a_version_once_published",
            ),
        ]

    def __str__(self) -> str:
        version = f"v{self.version}" if self.version else "draft"
        return f"{self.program} {self.region or 'all'} {version} from {self.valid_from}"

    @property
    def is_published(self) -> bool:
        return self.published_at is not None


class RegionRuleQuerySet(models.QuerySet["RegionRule"]):
    def in_force(self, on: date) -> "RegionRuleQuerySet":
        """Begun on that day or before; the newest first."""
        return self.filter(valid_from__lte=on).order_by("-valid_from", "-pk")


class RegionRule(models.Model):
    """How a program lets people in, in one region (empty: everywhere else), from a day on."""

    class Mode(models.TextChoices):
        CLOSED = "closed", _("Closed")
        INVITE_ONLY = "invite_only", _("Invite only")
        OPEN = "open", _("Open to everyone who meets the rule")

    class Charges(models.TextChoices):
        RECURRING = "recurring", _("Recurring")
        PASSES = "passes", _("One-off passes only")

    program = models.CharField(_("program"), max_length=16, choices=Program)
    region = models.CharField(_("region"), max_length=2, blank=True, help_text=_("Empty: everywhere else."))
    mode = models.CharField(_("access"), max_length=12, choices=Mode)
    invites_per_creator = models.PositiveSmallIntegerField(
        _("invitations each creator may hand out"), default=0, help_text=_("Counts while access is invite only.")
    )
    charges = models.CharField(
        _("charges"),
        max_length=9,
        choices=Charges,
        default=Charges.RECURRING,
        help_text=_("Where the law does not allow that a card is charged again by itself: passes."),
    )
    valid_from = models.DateField(_("valid from"))
    note = models.TextField(_("why"), blank=True)
    announced_at = models.DateTimeField(_("announced"), null=True, blank=True, editable=False)

    objects = RegionRuleQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering: ClassVar = ["program", "region", "-valid_from"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["program", "region", "valid_from"], name="one_region_rule_per_day")
        ]

    def __str__(self) -> str:
        return f"{self.program} {self.region or 'all'}: {self.mode} from {self.valid_from}"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def live(self, at: datetime) -> "InvitationQuerySet":
        return self.filter(used_at__isnull=True, revoked_at__isnull=True, created_at__lte=at, expires_at__gt=at)

    def counted(self, at: datetime) -> "InvitationQuerySet":
        """Those that take a place of the giver: used or still open. One that ran out or was taken back does not."""
        return self.filter(revoked_at__isnull=True).filter(Q(used_at__isnull=False) | Q(expires_at__gt=at))

    def addressed_to(self, creator: Creator) -> "InvitationQuerySet":
        return self.filter(Q(to_creator=creator) | Q(to_email__iexact=creator.user.email))


class Invitation(models.Model):
    """A door opened for one creator: a link, an expiry, and who used it."""

    LASTS: ClassVar = timedelta(days=14)

    program = models.CharField(_("program"), max_length=16, choices=Program)
    token = models.CharField(max_length=24, unique=True, default=invitation_token, editable=False)
    by_staff = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    by_creator = models.ForeignKey(
        Creator, null=True, blank=True, on_delete=models.PROTECT, related_name="invitations_given"
    )
    wave = models.CharField(_("wave"), max_length=60, blank=True, help_text=_("Name of the wave, for staff."))
    to_creator = models.ForeignKey(
        Creator, null=True, blank=True, on_delete=models.CASCADE, related_name="invitations_received"
    )
    to_email = models.EmailField(_("email of the invited"), blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_by = models.ForeignKey(
        Creator, null=True, blank=True, on_delete=models.PROTECT, related_name="invitations_used"
    )
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(by_staff__isnull=True) ^ Q(by_creator__isnull=True), name="invitation_has_one_giver"
            ),
            models.CheckConstraint(
                condition=Q(used_by__isnull=True, used_at__isnull=True)
                | Q(used_by__isnull=False, used_at__isnull=False),
                name="invitation_used_by_someone_at_some_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.program} invitation …{self.token[-4:]}"

    def get_absolute_url(self) -> str:
        return f"/invitations/{self.token}/"

    def is_live(self, at: datetime) -> bool:
        return self.used_at is None and self.revoked_at is None and self.expires_at > at

    def url(self, site: str) -> str:
        """The link to send: the address of the portal and the path."""
        return site.rstrip("/") + self.get_absolute_url()

    def is_for(self, creator: Creator) -> bool:
        """A link without an address is for whoever holds it."""
        if self.to_creator_id is not None:
            return self.to_creator_id == creator.pk
        return not self.to_email or self.to_email.lower() == creator.user.email.lower()


class Application(models.Model):
    """A creator asks to be let in where access is invite only; staff answer."""

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting for an answer")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")

    REAPPLY_AFTER: ClassVar = timedelta(days=30)

    creator = models.ForeignKey(Creator, on_delete=models.CASCADE, related_name="applications")
    program = models.CharField(_("program"), max_length=16, choices=Program)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.PENDING)
    message = models.CharField(_("message"), max_length=500, blank=True)
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="+")
    inputs = models.JSONField(default=dict, help_text=_("The numbers the rule was held against."))
    sent_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    answer = models.CharField(_("answer"), max_length=500, blank=True)

    class Meta:
        ordering: ClassVar = ["-sent_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["creator", "program"], condition=Q(state="pending"), name="one_pending_application"
            ),
            models.CheckConstraint(
                condition=Q(state="pending", decided_at__isnull=True)
                | (~Q(state="pending") & Q(decided_at__isnull=False)),
                name="application_decided_at_some_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.creator} asks for {self.program} ({self.state})"


class EnrollmentQuerySet(models.QuerySet["Enrollment"]):
    def live(self, at: datetime) -> "EnrollmentQuerySet":
        return self.filter(enrolled_at__lte=at).filter(Q(left_at__isnull=True) | Q(left_at__gt=at))


class Enrollment(models.Model):
    """A creator is part of a program: since when, by which way in, under which rule, on which numbers."""

    class Way(models.TextChoices):
        OPEN = "open", _("Met the rule")
        INVITATION = "invitation", _("By invitation")
        APPLICATION = "application", _("By application")
        STAFF = "staff", _("Let in by staff")

    creator = models.ForeignKey(Creator, on_delete=models.PROTECT, related_name="enrollments")
    program = models.CharField(_("program"), max_length=16, choices=Program)
    way = models.CharField(_("way in"), max_length=12, choices=Way, default=Way.OPEN)
    policy = models.ForeignKey(Policy, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    inputs = models.JSONField(default=dict, help_text=_("The numbers the rule was held against."))
    enrolled_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)
    left_reason = models.CharField(max_length=200, blank=True)

    objects = EnrollmentQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-enrolled_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["creator", "program"], condition=Q(left_at__isnull=True), name="one_live_enrollment"
            ),
            models.CheckConstraint(
                condition=Q(left_at__isnull=True) | Q(left_at__gte=F("enrolled_at")), name="enrollment_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.creator} in {self.program} since {self.enrolled_at:%Y-%m-%d}"


class SuspensionQuerySet(models.QuerySet["Suspension"]):
    def live(self, at: datetime) -> "SuspensionQuerySet":
        """Begun, not run out (whole days, UTC) and not lifted at that moment."""
        return self.filter(
            Q(until_date__isnull=True) | Q(until_date__gte=at.astimezone(UTC).date()),
            Q(lifted_at__isnull=True) | Q(lifted_at__gt=at),
            suspended_at__lte=at,
        )


class Suspension(models.Model):
    """A creator may not use a program for a while: why, until when, and who lifted it."""

    creator = models.ForeignKey(Creator, on_delete=models.PROTECT, related_name="suspensions")
    program = models.CharField(_("program"), max_length=16, choices=Program)
    reason = models.CharField(_("reason, shown to the creator"), max_length=300)
    suspended_at = models.DateTimeField()
    suspended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    until_date = models.DateField(
        _("last day"), null=True, blank=True, help_text=_("Whole days, UTC. Empty: until lifted.")
    )
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    lifted_reason = models.CharField(max_length=300, blank=True)

    objects = SuspensionQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-suspended_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.creator} suspended from {self.program} since {self.suspended_at:%Y-%m-%d}"
