"""Clips, the batches of views that came in, how each day was rated, and what a month earned.

Views themselves are never rows: they lie in Parquet, one file a batch, and only what rating makes of them comes here.
"""

from datetime import date, datetime
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from portal.accounts.models import Creator
from portal.kit.public_ids import public_id
from rewards.rating.card import ELSEWHERE, Card


class ViewSource(models.Model):
    """Where views come from: a platform whose ids of clips and viewers belong together."""

    slug = models.SlugField(_("name"), max_length=32, unique=True)
    label = models.CharField(_("shown as"), max_length=60)
    key_number = models.PositiveSmallIntegerField(
        _("number of the signing key"), default=1, help_text=_("Raise it to make the key that was given out useless.")
    )
    is_open = models.BooleanField(_("takes batches over the network"), default=False)

    class Meta:
        ordering: ClassVar = ["slug"]

    def __str__(self) -> str:
        return self.label


class Clip(models.Model):
    """A video of a creator, as a source knows it."""

    public_id = models.CharField(max_length=16, unique=True, default=public_id, editable=False)
    creator = models.ForeignKey(Creator, on_delete=models.PROTECT, related_name="clips")
    source = models.ForeignKey(ViewSource, on_delete=models.PROTECT, related_name="clips")
    external_id = models.CharField(_("id at the source"), max_length=64)
    title = models.CharField(_("title"), max_length=150)
    duration_ms = models.PositiveBigIntegerField(_("length in milliseconds"), null=True, blank=True)
    is_original = models.BooleanField(_("original"), default=True, help_text=_("No duet, no stitch, no copy."))
    region = models.CharField(_("region"), max_length=2, blank=True)
    owner_viewer_id = models.CharField(
        _("the creator's id as a viewer"), max_length=64, blank=True, help_text=_("Own views do not count.")
    )
    published_at = models.DateTimeField(_("published"))

    class Meta:
        ordering: ClassVar = ["-published_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["source", "external_id"], name="one_clip_per_id_of_a_source")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("clip_detail", args=[self.public_id])

    @property
    def seconds(self) -> float | None:
        return None if self.duration_ms is None else round(self.duration_ms / 1000, 1)


class RateCardQuerySet(models.QuerySet["RateCard"]):
    def published(self) -> "RateCardQuerySet":
        return self.filter(published_at__isnull=False)

    def in_force(self, on: date) -> "RateCardQuerySet":
        """Published and begun; the newest beginning first, so the first row is the card of that day (UTC)."""
        return self.published().filter(valid_from__lte=on).order_by("-valid_from", "-version")


class RateCard(models.Model):
    """One version of the rules and rates. Once published it is not edited; a newer one takes over on its day."""

    version = models.PositiveIntegerField(_("version"), unique=True)
    valid_from = models.DateField(_("in force from"), help_text=_("Views are rated by the card of their day (UTC)."))
    currency = models.CharField(_("currency"), max_length=3, default="usd")
    min_clip_ms = models.PositiveIntegerField(_("length of the clip in milliseconds"), default=60_000)
    min_clip_counts = models.BooleanField(
        _("that length itself counts"), default=False, help_text=_("Off: the clip must be longer.")
    )
    min_watched_ms = models.PositiveIntegerField(_("watched, at least, in milliseconds"), default=5_000)
    max_views_per_viewer_day = models.PositiveIntegerField(_("views of one viewer that count on a day"), default=100)
    views_before_paying = models.PositiveIntegerField(_("qualified views before a clip pays"), default=1_000)
    paid_sources = models.JSONField(_("paid sources"), default=list, help_text=_("Views from here are advertising."))
    rpm_minor = models.JSONField(
        _("rate per 1,000 qualified views"),
        default=dict,
        help_text=_("Country → minor units; “*” is everywhere else."),
    )
    finish_factors_bp = models.JSONField(
        _("factor for the part watched"),
        default=list,
        help_text=_("Rows of [average % watched at least, factor in basis points]; the first begins at 0."),
    )
    final_day = models.PositiveSmallIntegerField(_("day of the next month on which a month is final"), default=3)
    note = models.TextField(_("why this version"), blank=True)
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = RateCardQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering: ClassVar = ["-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["valid_from"], condition=Q(published_at__isnull=False), name="one_rate_card_per_day"
            ),
            models.CheckConstraint(condition=Q(version__gte=1), name="rate_card_versions_begin_at_one"),
            models.CheckConstraint(condition=Q(max_views_per_viewer_day__gte=1), name="rate_card_limit_is_positive"),
            models.CheckConstraint(condition=Q(final_day__range=(1, 28)), name="rate_card_final_day_is_in_every_month"),
        ]

    def __str__(self) -> str:
        return f"v{self.version} from {self.valid_from}" + ("" if self.published_at else " (draft)")

    def clean(self) -> None:
        try:
            self.card()
        except (ValueError, TypeError, AttributeError) as error:
            raise ValidationError(str(error)) from None

    def card(self) -> Card:
        """The numbers, for the rating. ValueError with a sentence when they make no sense."""
        return Card(
            version=f"v{self.version}",
            currency=self.currency,
            min_clip_ms=self.min_clip_ms,
            min_clip_counts=self.min_clip_counts,
            min_watched_ms=self.min_watched_ms,
            max_views_per_viewer_day=self.max_views_per_viewer_day,
            views_before_paying=self.views_before_paying,
            paid_sources=tuple(self.paid_sources),
            rpm_minor={str(region): int(rate) for region, rate in (self.rpm_minor or {ELSEWHERE: 0}).items()},
            finish_factors_bp=tuple(
                (int(start), int(factor)) for start, factor in self.finish_factors_bp or [(0, 10_000)]
            ),
        )


class ViewBatchQuerySet(models.QuerySet["ViewBatch"]):
    def touching(self, first: date, last: date) -> "ViewBatchQuerySet":
        """Batches with a view on one of these days (UTC)."""
        return self.filter(first_date__lte=last, last_date__gte=first)


class ViewBatch(models.Model):
    """A file of views as it came in, named by the hash of its content; it is taken in once."""

    source = models.ForeignKey(ViewSource, on_delete=models.PROTECT, related_name="batches")
    content_hash = models.CharField(max_length=64)
    file = models.CharField(max_length=200, help_text=_("Parquet, below the data folder."))
    views = models.PositiveBigIntegerField()
    first_date = models.DateField()
    last_date = models.DateField()
    received_at = models.DateTimeField()
    origin = models.CharField(max_length=120, blank=True, help_text=_("File name or address it came from."))

    objects = ViewBatchQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "view batches"
        ordering: ClassVar = ["-received_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["source", "content_hash"], name="one_batch_per_content"),
            models.CheckConstraint(condition=Q(views__gte=1), name="a_batch_holds_views"),
            models.CheckConstraint(condition=Q(last_date__gte=F("first_date")), name="a_batch_ends_after_it_begins"),
        ]

    def __str__(self) -> str:
        return f"{self.source_id}: {self.views} views, {self.first_date} to {self.last_date}"


class Counts(models.Model):
    """All views of something: each is either qualified or uncounted for exactly one reason."""

    views = models.PositiveBigIntegerField()
    qualified = models.PositiveBigIntegerField()
    uncounted = models.PositiveBigIntegerField()
    reasons = models.JSONField(default=dict, help_text=_("Reason → views; they sum to “uncounted”."))

    class Meta:
        abstract = True

    def add_up(self) -> bool:
        """The part that a database constraint cannot see: the reasons sum to what did not count."""
        return self.views == self.qualified + self.uncounted and sum(self.reasons.values()) == self.uncounted


ADDS_UP: Any = Q(views=F("qualified") + F("uncounted"))


class RatedDay(Counts):
    """That a day (UTC) of a source was rated: by which card, on which input, with what outcome over all views."""

    source = models.ForeignKey(ViewSource, on_delete=models.PROTECT, related_name="rated_days")
    day = models.DateField()
    card = models.ForeignKey(RateCard, on_delete=models.PROTECT, related_name="rated_days")
    input_digest = models.CharField(
        max_length=64, help_text=_("Of the batches, the clips, the card and the days before.")
    )
    rated_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-day", "source"]
        constraints = [
            models.UniqueConstraint(fields=["source", "day"], name="a_day_is_rated_once"),
            models.CheckConstraint(condition=ADDS_UP, name="rated_day_adds_up"),
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.qualified} of {self.views} views"


class DailyRating(Counts):
    """What became of one clip's views on one day."""

    clip = models.ForeignKey(Clip, on_delete=models.PROTECT, related_name="ratings")
    day = models.DateField()
    card = models.ForeignKey(RateCard, on_delete=models.PROTECT, related_name="ratings")
    regions = models.JSONField(default=dict, help_text=_("Region of the card → qualified views."))
    finish = models.PositiveBigIntegerField(default=0, help_text=_("Percentages watched, summed over qualified views."))

    class Meta:
        ordering: ClassVar = ["day", "clip"]
        constraints = [
            models.UniqueConstraint(fields=["clip", "day"], name="one_rating_per_clip_and_day"),
            models.CheckConstraint(condition=ADDS_UP, name="daily_rating_adds_up"),
        ]
        indexes = [models.Index(fields=["day"])]

    def __str__(self) -> str:
        return f"{self.clip_id} on {self.day}: {self.qualified} of {self.views}"

    def add_up(self) -> bool:
        return super().add_up() and sum(self.regions.values()) == self.qualified


class MonthStatement(models.Model):
    """What a creator's clips earned in a month, frozen when the month was closed."""

    class State(models.TextChoices):
        CLOSED = "closed", _("Closed, not final yet")
        FINAL = "final", _("Final")

    creator = models.ForeignKey(Creator, on_delete=models.PROTECT, related_name="reward_statements")
    month = models.DateField(help_text=_("Its first day."))
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    state = models.CharField(max_length=8, choices=State, default=State.CLOSED)
    closed_at = models.DateTimeField()
    final_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-month", "creator"]
        constraints = [
            models.UniqueConstraint(fields=["creator", "month"], name="one_reward_statement_per_month"),
            models.CheckConstraint(condition=Q(month__day=1), name="reward_statement_month_is_a_first_day"),
            models.CheckConstraint(condition=Q(amount_minor__gte=0), name="reward_statement_is_not_negative"),
            models.CheckConstraint(
                condition=Q(state="closed", final_at__isnull=True) | Q(state="final", final_at__isnull=False),
                name="reward_statement_final_at_some_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.creator_id}: {self.month:%Y-%m}, {self.amount_minor} {self.currency}"

    def get_absolute_url(self) -> str:
        return reverse("reward_statement", args=[f"{self.month:%Y-%m}"])


class StatementLineQuerySet(models.QuerySet["StatementLine"]):
    def of(self, creator: Creator) -> "StatementLineQuerySet":
        return self.filter(statement__creator=creator)


class StatementLine(Counts):
    """One clip of a statement: its whole funnel, and how the amount came about."""

    class Held(models.TextChoices):
        NOT = "", _("not held")
        HELD = "held", _("held while it is looked at")
        VOID = "void", _("taken back")

    statement = models.ForeignKey(MonthStatement, on_delete=models.PROTECT, related_name="lines")
    clip = models.ForeignKey(Clip, on_delete=models.PROTECT, related_name="statement_lines")
    paid_views = models.PositiveBigIntegerField()
    qualified_before = models.PositiveBigIntegerField(help_text=_("Qualified views of the clip before this month."))
    parts = models.JSONField(default=list, help_text=_("Card, region, views, rate, factor: the sum gives the amount."))
    amount_minor = models.BigIntegerField()
    held = models.CharField(max_length=8, choices=Held, blank=True, default=Held.NOT)
    held_reason = models.CharField(max_length=300, blank=True)

    objects = StatementLineQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-amount_minor", "-qualified", "clip"]
        constraints = [
            models.UniqueConstraint(fields=["statement", "clip"], name="one_line_per_clip_and_statement"),
            models.CheckConstraint(condition=ADDS_UP, name="statement_line_adds_up"),
            models.CheckConstraint(condition=Q(paid_views__lte=F("qualified")), name="only_qualified_views_are_paid"),
            models.CheckConstraint(condition=Q(held="") | ~Q(held_reason=""), name="holding_needs_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.clip_id}: {self.amount_minor}"

    @property
    def source(self) -> str:
        """The name under which the books know this line. Needs `clip` and `statement`."""
        return f"reward:{self.clip.public_id}:{self.statement.month:%Y-%m}"


class AppealQuerySet(models.QuerySet["Appeal"]):
    def open(self) -> "AppealQuerySet":
        return self.filter(state=Appeal.State.OPEN)


class Appeal(models.Model):
    """A creator asks for a line of a statement to be looked at again. The money waits, it is not deleted."""

    class State(models.TextChoices):
        OPEN = "open", _("Waiting for an answer")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")

    line = models.ForeignKey(StatementLine, on_delete=models.PROTECT, related_name="appeals")
    message = models.TextField(_("what should be looked at"), max_length=2_000)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    opened_at = models.DateTimeField()
    decide_by = models.DateField(_("decided by"))
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    answer = models.TextField(_("answer"), max_length=2_000, blank=True)

    objects = AppealQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-opened_at"]
        constraints = [
            models.UniqueConstraint(fields=["line"], condition=Q(state="open"), name="one_open_appeal_per_line"),
            models.CheckConstraint(
                condition=Q(state="open", decided_at__isnull=True) | (~Q(state="open") & Q(decided_at__isnull=False)),
                name="appeal_decided_at_some_time",
            ),
        ]

    def __str__(self) -> str:
        return f"Appeal {self.pk} ({self.state})"

    def days_left(self, now: datetime) -> int:
        return (self.decide_by - now.date()).days
