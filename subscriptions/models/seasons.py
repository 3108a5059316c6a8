"""Season windows: sign-ups that are open for a span, one billing day for all who join in it, and what they are owed."""

from datetime import UTC, date, datetime, time, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.kit.public_ids import public_id
from subscriptions.models.memberships import Checkout
from subscriptions.models.tiers import Tier


class SeasonQuerySet(models.QuerySet["Season"]):
    def kept(self) -> "SeasonQuerySet":
        """Those that were not canceled."""
        return self.filter(canceled_at__isnull=True)

    def open(self, at: datetime) -> "SeasonQuerySet":
        return self.kept().filter(opens_at__lte=at, closes_at__gt=at)


class Season(models.Model):
    """A span in which fans may join a tier, and the day on which all of them are charged from then on.

    Never edited once it has opened: people joined on its words.
    """

    class FirstPeriod(models.TextChoices):
        PRORATED = "prorated", _("Open at once; the days until the billing day are paid when joining")
        LATER = "later", _("Nothing is paid and nothing is open before the billing day")

    class Asks(models.TextChoices):
        NOTHING = "nothing", _("nothing")
        ADDRESS = "address", _("a postal address")
        NOTE = "note", _("a few words")

    # Noon in UTC is the same day nearly everywhere.
    BILLED_AT: ClassVar = time(12, tzinfo=UTC)
    # A first payment that is still open so long after the billing day keeps the list from being locked no longer.
    LOCKED_AFTER: ClassVar = timedelta(days=3)

    public_id = models.CharField(max_length=16, unique=True, default=public_id, editable=False)
    tier = models.ForeignKey(Tier, on_delete=models.PROTECT, related_name="seasons")
    name = models.CharField(_("name"), max_length=60)
    opens_at = models.DateTimeField(_("sign-ups open"))
    closes_at = models.DateTimeField(_("sign-ups close"))
    billing_date = models.DateField(_("billing day"))
    first_period = models.CharField(
        _("until the billing day"), max_length=8, choices=FirstPeriod, default=FirstPeriod.PRORATED
    )
    places = models.PositiveIntegerField(_("places"), null=True, blank=True, help_text=_("Empty: as many as want to."))
    owes = models.CharField(_("what each of them gets"), max_length=120, blank=True)
    asks = models.CharField(_("what I need for it"), max_length=7, choices=Asks, default=Asks.NOTHING)
    question = models.CharField(_("your question"), max_length=120, blank=True)
    created_at = models.DateTimeField()
    canceled_at = models.DateTimeField(null=True, blank=True)
    closed_told_at = models.DateTimeField(null=True, blank=True)
    locked_at = models.DateTimeField(null=True, blank=True, help_text="From then on the fulfillment list is fixed.")

    objects = SeasonQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-opens_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(closes_at__gt=F("opens_at")), name="season_closes_after_it_opens"),
            models.CheckConstraint(condition=Q(places__isnull=True) | Q(places__gte=1), name="season_has_a_place"),
        ]
        indexes = [models.Index(fields=["tier", "closes_at"], name="seasons_of_tier")]

    def __str__(self) -> str:
        return self.name

    @property
    def billing_at(self) -> datetime:
        """When the cohort is charged."""
        return datetime.combine(self.billing_date, self.BILLED_AT)

    @property
    def starts_later(self) -> bool:
        """Whether nothing is paid and nothing opens before the billing day."""
        return self.first_period == self.FirstPeriod.LATER

    def days_until_billing(self, day: date) -> int:
        return (self.billing_date - day).days

    def is_open(self, at: datetime) -> bool:
        return self.canceled_at is None and self.opens_at <= at < self.closes_at

    def state(self, at: datetime) -> str:
        """In one word: canceled, planned, open, closed or locked."""
        if self.canceled_at is not None:
            return "canceled"
        if at < self.opens_at:
            return "planned"
        if at < self.closes_at:
            return "open"
        return "locked" if self.locked_at is not None else "closed"


class Place(models.Model):
    """One fan in one season, by the newest attempt to join; with what the creator needs to send them something."""

    public_id = models.CharField(max_length=16, unique=True, default=public_id, editable=False)
    season = models.ForeignKey(Season, on_delete=models.PROTECT, related_name="taken")
    fan = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="places")
    checkout = models.OneToOneField(Checkout, on_delete=models.PROTECT, related_name="place")
    name = models.CharField(_("name on the parcel"), max_length=120, blank=True)
    address = models.TextField(_("postal address"), max_length=500, blank=True)
    note = models.CharField(_("your words"), max_length=300, blank=True)
    taken_at = models.DateTimeField()
    changed_at = models.DateTimeField(null=True, blank=True, help_text="When the fan last wrote what is needed.")

    class Meta:
        ordering: ClassVar = ["taken_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["season", "fan"], name="one_place_per_season_and_fan")]

    def __str__(self) -> str:
        return f"{self.fan} in {self.season}"

    @property
    def is_complete(self) -> bool:
        """Whether the fan has given what the creator asks for."""
        needed = {Season.Asks.ADDRESS: self.address, Season.Asks.NOTE: self.note}
        return bool(needed.get(Season.Asks(self.season.asks), "nothing is needed"))

    @property
    def sent(self) -> "Dispatch | None":
        """That what is owed is on its way; reads what was prefetched where it was."""
        line = getattr(self, "fulfillment", None)
        return next((row for row in line.dispatches.all() if row.undone_at is None), None) if line else None


class Fulfillment(models.Model):
    """One line of a locked list: what one member is owed, as it stood then. Never edited; what came later stands beside."""

    season = models.ForeignKey(Season, on_delete=models.PROTECT, related_name="fulfillments")
    place = models.OneToOneField(Place, on_delete=models.PROTECT, related_name="fulfillment")
    name = models.CharField(max_length=120)
    address = models.TextField(blank=True)
    note = models.CharField(max_length=300, blank=True)
    tier_name = models.CharField(max_length=40)
    owes = models.CharField(max_length=120, blank=True)
    since_at = models.DateTimeField()
    paid_minor = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    locked_at = models.DateTimeField()
    is_late = models.BooleanField(default=False, help_text="Paid after the list was locked.")

    class Meta:
        ordering: ClassVar = ["since_at", "pk"]

    def __str__(self) -> str:
        return f"{self.name}: {self.owes or self.season}"


class Dispatch(models.Model):
    """What was owed is on its way: when, with which note (a tracking number, say), or that this was said by mistake."""

    fulfillment = models.ForeignKey(Fulfillment, on_delete=models.PROTECT, related_name="dispatches")
    sent_date = models.DateField(_("sent on"))
    note = models.CharField(_("tracking number or a note"), max_length=120, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name_plural = "dispatches"
        ordering: ClassVar = ["-recorded_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["fulfillment"], condition=Q(undone_at__isnull=True), name="one_dispatch_per_fulfillment"
            )
        ]

    def __str__(self) -> str:
        return f"{self.fulfillment} ({self.sent_date})"


class OpeningRequest(models.Model):
    """A fan asked to be told when sign-ups for a tier open again: told once, or taken back."""

    tier = models.ForeignKey(Tier, on_delete=models.CASCADE, related_name="opening_requests")
    fan = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="opening_requests")
    asked_at = models.DateTimeField()
    season = models.ForeignKey(
        Season, null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text="The one that was told of."
    )
    told_at = models.DateTimeField(null=True, blank=True)
    dropped_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["asked_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["tier", "fan"],
                condition=Q(told_at__isnull=True, dropped_at__isnull=True),
                name="one_open_request_per_tier_and_fan",
            )
        ]

    def __str__(self) -> str:
        return f"{self.fan} waits for {self.tier}"
