"""The back office of gift pools: all of it is looked at, nothing is changed. The seed is there once it is published."""

from django.contrib import admin

from portal.kit.back_office import ReadOnly, Rows
from subscriptions.models import GiftPool, PoolEntry, PoolFunding, PoolOffer, PoolRules, PoolSeat


class PoolRulesInline(ReadOnly, Rows):
    model = PoolRules
    extra = 0
    fields = ("version", "who", "way", "opens_at", "closes_at", "draws_at", "claim_days", "rounds", "what_changed")


class PoolFundingInline(ReadOnly, Rows):
    model = PoolFunding
    extra = 0
    fields = ("giver", "seats_wanted", "is_anonymous", "purchase", "made_at")


@admin.register(GiftPool)
class GiftPoolAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("public_id", "name", "creator", "tier", "frozen_at", "drawn_at", "called_off_at", "finished_at")
    list_filter = (("finished_at", admin.EmptyFieldListFilter), ("called_off_at", admin.EmptyFieldListFilter))
    search_fields = ("public_id", "name", "creator__handle")
    list_select_related = ("creator", "tier")
    inlines = (PoolRulesInline, PoolFundingInline)


class PoolOfferInline(ReadOnly, Rows):
    model = PoolOffer
    extra = 0
    fields = ("entry", "offered_at", "until_at", "outcome", "ended_at")


@admin.register(PoolSeat)
class PoolSeatAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("public_id", "funding", "number", "redeemer", "claimed_at", "returned_at", "withdrawn_at")
    list_filter = (("claimed_at", admin.EmptyFieldListFilter), ("returned_at", admin.EmptyFieldListFilter))
    search_fields = ("public_id", "funding__pool__public_id", "funding__giver__email", "redeemer__email")
    list_select_related = ("funding__pool", "redeemer")
    inlines = (PoolOfferInline,)


@admin.register(PoolEntry)
class PoolEntryAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("public_id", "pool", "fan", "entered_at", "left_at", "place")
    search_fields = ("public_id", "pool__public_id", "fan__email")
    list_select_related = ("pool", "fan")
