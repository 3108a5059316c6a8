"""Payouts: a run with stages, one payout a creator and currency, a sentence for everyone left out, and holds."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Creator
from portal.kit.money import format_money
from portal.kit.public_ids import public_id


class PayoutRule(models.Model):
    """What a payout in one currency needs, from a day on. Never edited: a new rule is a new row."""

    currency = models.CharField(_("currency"), max_length=3)
    valid_from_date = models.DateField(_("valid from"))
    minimum_minor = models.PositiveBigIntegerField(_("least amount"), help_text=_("In minor units: 1000 is $10.00."))
    change_wait_days = models.PositiveSmallIntegerField(_("days of waiting after changed payout details"), default=7)
    netting_cap_bp = models.PositiveIntegerField(
        _("largest part taken for old debts"), default=5000, help_text=_("In basis points: 5000 is half.")
    )

    class Meta:
        ordering: ClassVar = ["currency", "-valid_from_date"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["currency", "valid_from_date"], name="one_payout_rule_a_day"),
            models.CheckConstraint(condition=Q(netting_cap_bp__lte=10_000), name="netting_takes_at_most_all"),
        ]

    def __str__(self) -> str:
        return f"{format_money(self.minimum_minor, self.currency)} from {self.valid_from_date}"


class PayoutRun(models.Model):
    """One payday. The stage says what is done; a run that was interrupted is taken up where it stopped."""

    class Stage(models.TextChoices):
        PLANNED = "planned", _("planned")
        RESERVED = "reserved", _("reserved")
        SENDING = "sending", _("sending")
        DONE = "done", _("done")

    period = models.CharField(
        _("period"), max_length=20, unique=True, help_text=_("The month, and a number after the first run.")
    )
    stage = models.CharField(_("stage"), max_length=10, choices=Stage, default=Stage.PLANNED)
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    cutoff = models.BigIntegerField(
        help_text="The last line of the books that counts. A line, not a time: clocks go back."
    )
    planned = models.JSONField(default=dict, help_text="What was computed before anything was done.")
    proof_before = models.JSONField(default=dict)
    proof_after = models.JSONField(default=dict)
    statements_upto = models.BigIntegerField(default=0, help_text="The last line that its statements tell of.")
    troubles = models.JSONField(default=list, help_text="Rows that could not be reserved: somebody has to look.")
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-opened_at", "-pk"]
        constraints: ClassVar = [
            # The expression is the same for every row: at most one of them may be open.
            models.UniqueConstraint(F("cutoff") * 0, condition=~Q(stage="done"), name="one_open_payout_run"),
        ]

    def __str__(self) -> str:
        return f"payout run {self.period}"

    def get_absolute_url(self) -> str:
        return reverse("payout_run", args=[self.pk])

    @property
    def is_planned(self) -> bool:
        return self.stage == self.Stage.PLANNED

    @property
    def is_done(self) -> bool:
        return self.stage == self.Stage.DONE

    @property
    def transfer_group(self) -> str:
        return f"payout-run-{self.period}"


class PayoutQuerySet(models.QuerySet["Payout"]):
    def unsettled(self) -> "PayoutQuerySet":
        """Reserved and not yet known to have left, or to have come back: exactly what is in transit."""
        return self.filter(state__in=Payout.UNSETTLED)

    def free(self, at: datetime) -> "PayoutQuerySet":
        """May be taken in hand: waiting, or left behind by a worker that died."""
        stale = Q(state=Payout.State.SENDING, claimed_at__lte=at - Payout.CLAIM_LASTS)
        waiting = Q(state__in=[Payout.State.RESERVED, Payout.State.UNKNOWN], due_at__lte=at)
        return self.filter(waiting | stale)

    def earned_by(self, creator: Creator) -> "PayoutQuerySet":
        return self.filter(creator=creator)


class Payout(models.Model):
    """One amount on its way to one creator. Its row is the queue; a job only wakes a worker."""

    class State(models.TextChoices):
        RESERVED = "reserved", _("reserved")
        SENDING = "sending", _("being sent")
        UNKNOWN = "unknown", _("being checked")
        SENT = "sent", _("sent")
        PAID = "paid", _("arrived")
        FAILED = "failed", _("refused")
        RETURNED = "returned", _("came back")
        CANCELED = "canceled", _("canceled")

    UNSETTLED: ClassVar = (State.RESERVED, State.SENDING, State.UNKNOWN)
    # Longer than the gateway ever waits for an answer (its retries included).
    CLAIM_LASTS: ClassVar[timedelta] = timedelta(minutes=5)
    # The provider forgets idempotency keys after 24 hours; from here on it is asked first.
    KEY_LASTS: ClassVar[timedelta] = timedelta(hours=23)

    public_id = models.CharField(max_length=16, unique=True, default=public_id, editable=False)
    run = models.ForeignKey(PayoutRun, on_delete=models.PROTECT, related_name="payouts")
    creator = models.ForeignKey(Creator, on_delete=models.PROTECT, related_name="payouts")
    currency = models.CharField(max_length=3)
    amount_minor = models.PositiveBigIntegerField()
    netted_minor = models.PositiveBigIntegerField(default=0, help_text="Taken for old debts.")
    carried_minor = models.BigIntegerField(
        default=0, help_text="How much the debt that is carried on grew (+) or fell (−)."
    )
    returned_minor = models.PositiveBigIntegerField(default=0)
    destination = models.CharField(max_length=64, help_text="The account at the provider, as it was when reserved.")
    state = models.CharField(max_length=10, choices=State, default=State.RESERVED)
    due_at = models.DateTimeField(help_text="Not before this moment; moved back after each unclear answer.")
    claimed_at = models.DateTimeField(null=True, blank=True)
    attempt = models.PositiveIntegerField(default=0)
    first_tried_at = models.DateTimeField(null=True, blank=True)
    stripe_transfer_id = models.CharField(max_length=64, unique=True, null=True, blank=True)
    destination_payment = models.CharField(max_length=64, blank=True, db_index=True)
    reserved_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    paid_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True, help_text="When it was refused, canceled or came back.")
    problem = models.CharField(max_length=300, blank=True)

    objects = PayoutQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-reserved_at", "-pk"]
        indexes: ClassVar = [
            models.Index(
                fields=["due_at"], condition=Q(state__in=["reserved", "sending", "unknown"]), name="payout_waiting"
            )
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "creator", "currency"], name="one_payout_a_run"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="a_payout_pays"),
            models.CheckConstraint(
                condition=Q(returned_minor__lte=F("amount_minor")), name="no_more_returns_than_sent"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["sent", "paid", "returned"]) | Q(stripe_transfer_id__isnull=False),
                name="what_was_sent_names_its_transfer",
            ),
        ]

    def __str__(self) -> str:
        return f"{format_money(self.amount_minor, self.currency)} to {self.creator}"

    def get_absolute_url(self) -> str:
        return reverse("payout_detail", args=[self.public_id])

    @property
    def idempotency_key(self) -> str:
        """Fixed for good. Of the public id: a database restored from a backup gives row numbers a second time."""
        return f"payout-{self.public_id}"

    def ledger_key(self, step: str) -> str:
        return f"payout:{self.public_id}:{step}"

    @property
    def reserve_key(self) -> str:
        return self.ledger_key("reserve")

    @property
    def can_be_canceled(self) -> bool:
        return self.state == self.State.RESERVED and self.attempt == 0

    def key_may_be_forgotten(self, at: datetime) -> bool:
        return self.first_tried_at is not None and at - self.first_tried_at >= self.KEY_LASTS


class PayoutItem(models.Model):
    """A line of the books that a payout pays. A line is paid once, ever: what comes back comes back as a new line."""

    payout = models.ForeignKey(Payout, on_delete=models.PROTECT, related_name="items")
    line_id = models.BigIntegerField(unique=True)
    amount_minor = models.BigIntegerField(help_text="What the line gave (+) or took (−), seen by the creator.")

    class Meta:
        ordering: ClassVar = ["line_id"]

    def __str__(self) -> str:
        return f"line {self.line_id}"


class PayoutSkip(models.Model):
    """Somebody who was left out of a run, and why."""

    class Reason(models.TextChoices):
        NOTHING_READY = "nothing_ready", _("nothing ready yet")
        OWES = "owes", _("earlier refunds to settle")
        BELOW_MINIMUM = "below_minimum", _("below the least amount")
        NO_RULE = "no_rule", _("currency not paid out")
        NO_ACCOUNT = "no_account", _("no payout account")
        ACCOUNT_NOT_READY = "account_not_ready", _("payout account not ready")
        ACCOUNT_CHANGED = "account_changed", _("payout details changed")
        HELD = "held", _("held")

    run = models.ForeignKey(PayoutRun, on_delete=models.CASCADE, related_name="skips")
    creator = models.ForeignKey(Creator, on_delete=models.PROTECT, related_name="payout_skips")
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=20, choices=Reason)
    sentence = models.CharField(max_length=300, help_text="As the creator reads it.")
    amount_minor = models.BigIntegerField(help_text="What waits; below zero is what is owed.")
    skipped_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-skipped_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "creator", "currency"], name="left_out_once_a_run")
        ]

    def __str__(self) -> str:
        return f"{self.creator}: {self.reason}"


class Statement(models.Model):
    """What became of a creator's money in one currency since the last statement. Opens with what the last closed with."""

    run = models.ForeignKey(PayoutRun, on_delete=models.PROTECT, related_name="statements")
    creator = models.ForeignKey(Creator, on_delete=models.PROTECT, related_name="statements")
    currency = models.CharField(max_length=3)
    opening_minor = models.BigIntegerField()
    earned_minor = models.BigIntegerField(help_text="Everything but payouts: earnings less what was taken back.")
    paid_minor = models.BigIntegerField(help_text="What left for the creator, less what came back.")
    closing_minor = models.BigIntegerField()
    since_line = models.BigIntegerField()
    upto_line = models.BigIntegerField()
    made_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-upto_line", "currency"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "creator", "currency"], name="one_statement_a_run"),
            models.CheckConstraint(
                condition=Q(closing_minor=F("opening_minor") + F("earned_minor") - F("paid_minor")),
                name="a_statement_adds_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.creator} {self.run.period} {self.currency}"


class HoldQuerySet(models.QuerySet["Hold"]):
    def live(self, at: datetime) -> "HoldQuerySet":
        return self.filter(since__lte=at, released_at=None).filter(Q(until=None) | Q(until__gt=at))


class Hold(models.Model):
    """Payouts to a creator stop, for a reason they can read, until a moment or until somebody releases it."""

    class Kind(models.TextChoices):
        BANK = "bank", _("the bank refused a payout")
        REVIEW = "review", _("under review")
        DISPUTE = "dispute", _("open disputes")

    creator = models.ForeignKey(Creator, on_delete=models.PROTECT, related_name="payout_holds")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    reason = models.CharField(_("reason, as the creator reads it"), max_length=300)
    since = models.DateTimeField(_("since"))
    until = models.DateTimeField(_("until"), null=True, blank=True)
    released_at = models.DateTimeField(_("released"), null=True, blank=True)
    placed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    key = models.CharField(
        max_length=120, unique=True, null=True, blank=True, help_text="The outside fact it came from."
    )

    objects = HoldQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-since"]

    def __str__(self) -> str:
        return f"{self.creator}: {self.reason}"
