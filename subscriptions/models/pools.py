"""A gift pool: fans pay for seats that nobody is named for yet, and published rules say who gets them."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator
from portal.kit.public_ids import public_id
from subscriptions.models.dunning import RefundOrder
from subscriptions.models.gifts import MovesCharge, Purchase
from subscriptions.models.memberships import Grant
from subscriptions.models.quotes import Quote
from subscriptions.models.tiers import Tier


class GiftPool(models.Model):
    """Seats of one tier, so many months each, that fans pay for and others get by the pool's rules.

    `commitment` is published when the pool is made; `seed`, of which it is the hash, only with the draw.
    """

    public_id = models.CharField(max_length=16, unique=True, default=public_id, editable=False)
    creator = models.ForeignKey(Creator, on_delete=models.PROTECT, related_name="pools")
    tier = models.ForeignKey(Tier, on_delete=models.PROTECT, related_name="pools")
    months = models.PositiveSmallIntegerField()
    name = models.CharField(_("name"), max_length=80)
    words = models.CharField(_("a few words"), max_length=500, blank=True)
    commitment = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    frozen_at = models.DateTimeField(null=True, blank=True)
    entries_hash = models.CharField(max_length=64, blank=True)
    drawn_at = models.DateTimeField(null=True, blank=True)
    seed = models.CharField(max_length=64, blank=True, help_text="Empty until the draw.")
    told_at = models.DateTimeField(null=True, blank=True, help_text="When everybody had heard of the draw.")
    called_off_at = models.DateTimeField(null=True, blank=True)
    called_off_reason = models.CharField(_("why"), max_length=200, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-made_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(drawn_at__isnull=True, seed="") | (Q(drawn_at__isnull=False) & ~Q(seed="")),
                name="pool_seed_comes_with_the_draw",
            ),
            models.CheckConstraint(
                condition=Q(drawn_at__isnull=True) | Q(frozen_at__lte=F("drawn_at")),
                name="pool_is_frozen_before_the_draw",
            ),
        ]
        indexes = [models.Index(fields=["made_at"], condition=Q(finished_at__isnull=True), name="pools_going_on")]

    def __str__(self) -> str:
        return self.name

    @property
    def rules(self) -> "PoolRules":
        """The version in force: the newest. Ask for `prefetch_related("rule_versions")` in lists."""
        return max(self.rule_versions.all(), key=lambda version: version.version)

    def state(self, at: datetime) -> str:
        """One of: called off, finished, announced, open, closed, going out."""
        rules = self.rules
        if self.called_off_at is not None:
            return "called_off"
        if self.finished_at is not None:
            return "finished"
        if at < rules.opens_at:
            return "announced"
        if at < rules.closes_at and self.frozen_at is None:
            return "open"
        is_drawn = self.drawn_at is not None or rules.way == PoolRules.Way.FIRST
        return "going_out" if is_drawn else "closed"


class PoolRules(models.Model):
    """One version of a pool's rules. Never edited; a newer one says what changed, and there is none once a seat is paid."""

    class Who(models.TextChoices):
        ASKED = "asked", _("everybody who is no member and asks")
        SPOKE = "spoke", _("who wrote a comment or in the chat lately, and is no member")
        LISTED = "listed", _("people on a list of mine")

    class Way(models.TextChoices):
        DRAW = "draw", _("by a draw that anybody can recompute")
        FIRST = "first", _("first come, first served")

    # So that a seat always goes back to a card that was charged lately (docs/decisions).
    LONGEST: ClassVar = timedelta(days=60)
    FROZEN_FOR: ClassVar = timedelta(hours=1)
    CLAIM_DAYS: ClassVar = (3, 7, 14)
    ROUNDS: ClassVar = (1, 2, 3)
    SPOKE_DAYS: ClassVar = (7, 30, 90)

    pool = models.ForeignKey(GiftPool, on_delete=models.PROTECT, related_name="rule_versions")
    version = models.PositiveSmallIntegerField()
    who = models.CharField(_("who may enter"), max_length=6, choices=Who)
    spoke_days = models.PositiveSmallIntegerField(_("within so many days"), default=30)
    listed = models.JSONField(default=list, help_text="Hashes of the mailboxes and handles of the list.")
    way = models.CharField(_("how seats go out"), max_length=5, choices=Way)
    opens_at = models.DateTimeField(_("entries open"))
    closes_at = models.DateTimeField(_("entries close"))
    draws_at = models.DateTimeField(_("draw"))
    claim_days = models.PositiveSmallIntegerField(_("days to claim a seat"))
    rounds = models.PositiveSmallIntegerField(_("how many people a seat is offered to"))
    what_changed = models.CharField(_("what changed"), max_length=200, blank=True)
    made_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["version"]
        verbose_name_plural = "pool rules"
        constraints = [
            models.UniqueConstraint(fields=["pool", "version"], name="one_version_of_pool_rules"),
            models.CheckConstraint(
                condition=Q(opens_at__lt=F("closes_at"), closes_at__lt=F("draws_at")), name="pool_times_follow"
            ),
            models.CheckConstraint(condition=Q(claim_days__gte=1, rounds__gte=1), name="pool_seats_can_be_claimed"),
            models.CheckConstraint(condition=Q(version=1) | ~Q(what_changed=""), name="pool_rules_say_what_changed"),
        ]

    def __str__(self) -> str:
        return f"{self.pool}: rules {self.version}"


class PoolFunding(models.Model):
    """Seats that one fan pays for at once. It exists with its quote, before it is paid."""

    MOST_SEATS: ClassVar = 20

    public_id = models.CharField(max_length=16, unique=True, default=public_id, editable=False)
    pool = models.ForeignKey(GiftPool, on_delete=models.PROTECT, related_name="fundings")
    giver = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="pool_fundings")
    seats_wanted = models.PositiveSmallIntegerField()
    is_anonymous = models.BooleanField(_("without my name"), default=False)
    quote = models.OneToOneField(Quote, on_delete=models.PROTECT, related_name="pool_funding")
    purchase = models.OneToOneField(
        Purchase, null=True, blank=True, on_delete=models.PROTECT, related_name="pool_funding"
    )
    made_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["made_at", "pk"]

    def __str__(self) -> str:
        return f"{self.seats_wanted} × {self.pool}"

    @property
    def is_paid(self) -> bool:
        return self.purchase is not None and self.purchase.state == Purchase.State.PAID


class PoolEntry(models.Model):
    """Somebody entered a pool. `public_id` is all that the published list says of them."""

    public_id = models.CharField(max_length=16, unique=True, default=public_id, editable=False)
    pool = models.ForeignKey(GiftPool, on_delete=models.PROTECT, related_name="entries")
    fan = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="pool_entries")
    mailbox = models.CharField(max_length=254)
    entered_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)
    place = models.PositiveIntegerField(null=True, blank=True, help_text="In the order that seats go out, from 1 on.")

    class Meta:
        ordering: ClassVar = ["entered_at", "pk"]
        verbose_name_plural = "pool entries"
        constraints = [
            models.UniqueConstraint(fields=["pool", "fan"], name="one_pool_entry_per_fan"),
            models.UniqueConstraint(fields=["pool", "mailbox"], name="one_pool_entry_per_mailbox"),
            models.UniqueConstraint(fields=["pool", "place"], name="one_pool_entry_per_place"),
            models.CheckConstraint(
                condition=Q(place__isnull=True) | Q(left_at__isnull=True), name="pool_place_of_who_stayed"
            ),
        ]

    def __str__(self) -> str:
        return self.public_id


class PoolSeatQuerySet(models.QuerySet["PoolSeat"]):
    def alive(self) -> "PoolSeatQuerySet":
        """Paid, and neither returned nor withdrawn."""
        return self.filter(returned_at__isnull=True, withdrawn_at__isnull=True)

    def free(self) -> "PoolSeatQuerySet":
        """Alive, and nobody has it or is asked whether they want it; the oldest payment first."""
        taken = PoolOffer.objects.filter(seat=models.OuterRef("pk"), outcome=PoolOffer.Outcome.OPEN)
        rows = self.alive().filter(~models.Exists(taken), claimed_at__isnull=True)
        return rows.order_by("funding__purchase__paid_at", "funding", "number")


class PoolSeat(MovesCharge):
    """One seat that somebody paid for: claimed by a person whom the rules chose, or returned to the giver."""

    public_id = models.CharField(max_length=16, unique=True, default=public_id, editable=False)
    funding = models.ForeignKey(PoolFunding, on_delete=models.PROTECT, related_name="seats")
    number = models.PositiveSmallIntegerField()
    gross_minor = models.BigIntegerField(help_text="Its part of what was paid, without tax.")
    tax_minor = models.BigIntegerField()
    redeemer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="pool_seats"
    )
    claimed_at = models.DateTimeField(null=True, blank=True)
    matured_at = models.DateTimeField(null=True, blank=True)
    grant = models.OneToOneField(Grant, null=True, blank=True, on_delete=models.PROTECT, related_name="pool_seat")
    returned_at = models.DateTimeField(null=True, blank=True, help_text="When it was decided that it goes back.")
    returned_reason = models.CharField(max_length=12, blank=True, help_text="unclaimed, called_off, giver")
    returned_minor = models.BigIntegerField(default=0, help_text="What goes back for it.")
    return_order = models.ForeignKey(
        RefundOrder, null=True, blank=True, on_delete=models.PROTECT, related_name="pool_seats"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_reason = models.CharField(max_length=20, blank=True, help_text="refunded, disputed")

    objects = PoolSeatQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["funding", "number"]
        constraints = [
            models.UniqueConstraint(fields=["funding", "number"], name="one_pool_seat_per_number"),
            models.CheckConstraint(
                condition=Q(claimed_at__isnull=True, redeemer__isnull=True, grant__isnull=True)
                | Q(claimed_at__isnull=False, redeemer__isnull=False, grant__isnull=False),
                name="pool_seat_claimed_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(returned_at__isnull=True) | Q(claimed_at__isnull=True), name="pool_seat_claimed_or_returned"
            ),
            models.CheckConstraint(
                condition=Q(matured_at__isnull=True) | Q(claimed_at__isnull=False),
                name="pool_seat_matures_once_claimed",
            ),
        ]
        indexes = [
            models.Index(fields=["claimed_at"], condition=Q(matured_at__isnull=True), name="pool_seats_not_matured")
        ]

    def __str__(self) -> str:
        return f"seat {self.number} of {self.funding}"

    @property
    def source(self) -> str:
        """What its grant names as its source."""
        return f"pool-seat:{self.public_id}"

    @property
    def total_minor(self) -> int:
        return self.gross_minor + self.tax_minor

    @property
    def creator(self) -> Creator:
        return self.funding.pool.creator

    @property
    def months(self) -> int:
        return self.funding.pool.months

    def is_used_up(self, at: datetime) -> bool:
        """Whether somebody claimed it and its months are over."""
        return self.grant is not None and self.grant.until_at is not None and self.grant.until_at <= at

    @property
    def state(self) -> str:
        """One of: withdrawn, returned, claimed, waiting."""
        if self.withdrawn_at is not None:
            return "withdrawn"
        if self.returned_at is not None:
            return "returned"
        return "claimed" if self.claimed_at is not None else "waiting"


class PoolOffer(models.Model):
    """A seat is somebody's for some days, if they claim it. Once a person; what they leave goes to the next in order."""

    class Outcome(models.TextChoices):
        OPEN = "open", _("waits to be claimed")
        CLAIMED = "claimed", _("claimed")
        PASSED = "passed", _("not claimed in time")
        DECLINED = "declined", _("left to the next")
        WITHDRAWN = "withdrawn", _("taken back with its payment")

    REMINDED_BEFORE: ClassVar = timedelta(days=1)

    entry = models.OneToOneField(PoolEntry, on_delete=models.PROTECT, related_name="offer")
    seat = models.ForeignKey(PoolSeat, on_delete=models.PROTECT, related_name="offers")
    offered_at = models.DateTimeField()
    until_at = models.DateTimeField()
    reminded_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=9, choices=Outcome, default=Outcome.OPEN)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["offered_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["seat"], condition=Q(outcome="open"), name="one_open_offer_per_seat"),
            models.CheckConstraint(
                condition=Q(outcome="open", ended_at__isnull=True) | (~Q(outcome="open") & Q(ended_at__isnull=False)),
                name="pool_offer_ends_once",
            ),
        ]
        indexes = [models.Index(fields=["until_at"], condition=Q(outcome="open"), name="pool_offers_open")]

    def __str__(self) -> str:
        return f"{self.entry} · {self.seat} ({self.outcome})"
