"""What is offered to who is about to leave, and what came of it."""

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q

from subscriptions.models.memberships import Membership
from subscriptions.models.promos import PromoCode
from subscriptions.models.quotes import Quote
from subscriptions.models.terms import MembershipTerms


class StayOfferQuerySet(models.QuerySet["StayOffer"]):
    def accepted(self) -> "StayOfferQuerySet":
        """Agreed to, and not refused by the provider."""
        return self.filter(accepted_at__isnull=False, refused_at__isnull=True)


class StayOffer(models.Model):
    """One offer, as it was shown to one member on the page where they leave; its terms are those of that day.

    A discount counts for the subscription that it was given to, from `sent_at` on: the moment that the provider names,
    since it counts the months.
    """

    KEPT_AFTER: ClassVar = timedelta(days=91)
    SAME: ClassVar = timedelta(days=1)

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="stay_offers")
    kind = models.CharField(max_length=8, choices=MembershipTerms.SaveOffer)
    promo = models.ForeignKey(
        PromoCode,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="stay_offers",
        help_text="A discount's.",
    )
    shown_at = models.DateTimeField()
    quote = models.OneToOneField(
        Quote, null=True, blank=True, on_delete=models.PROTECT, related_name="stay_offer", help_text="Agreed to."
    )
    accepted_at = models.DateTimeField(null=True, blank=True)
    stripe_subscription_id = models.CharField(max_length=64, blank=True, help_text="What a discount was given to.")
    sent_at = models.DateTimeField(null=True, blank=True, help_text="From when on the provider takes it off.")
    refused_at = models.DateTimeField(null=True, blank=True, help_text="The provider said no.")

    objects = StayOfferQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-shown_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True, quote__isnull=True)
                | Q(accepted_at__isnull=False, quote__isnull=False),
                name="stay_offer_agreed_to_by_quote",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.membership}: {self.kind}"
