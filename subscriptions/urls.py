from django.urls import path

from subscriptions import views

urlpatterns = [
    # What everybody sees of a creator.
    path("@<str:handle>/", views.creator_page, name="creator_page"),
    path("@<str:handle>/tiers/<str:public_id>/checkout/", views.checkout, name="checkout"),
    path("@<str:handle>/posts/<str:public_id>/", views.post_detail, name="post_detail"),
    path("@<str:handle>/posts/<str:public_id>/why/", views.why_visible, name="why_visible"),
    path("@<str:handle>/chat/", views.room, name="room"),
    path("@<str:handle>/chat/messages/<int:message_id>/removal/", views.message_removal, name="message_removal"),
    path("@<str:handle>/chat/messages/<int:message_id>/mute/", views.mute, name="mute"),
    path("emojis/<str:public_id>/<int:size>.webp", views.emoji_image, name="emoji_image"),
    # What is a fan's own.
    path("me/checkouts/<str:public_id>/", views.thank_you, name="thank_you"),
    path("me/memberships/", views.membership_list, name="membership_list"),
    path("me/memberships/card/", views.membership_card, name="membership_card"),
    path("me/memberships/<str:public_id>/cancellation/", views.membership_cancellation, name="membership_cancellation"),
    path(
        "me/memberships/<str:public_id>/cancellation/undo/",
        views.membership_cancellation_undo,
        name="membership_cancellation_undo",
    ),
    path("me/receipts/<str:public_id>/", views.receipt, name="receipt"),
    path("me/library/", views.library, name="library"),
    # The creator's studio.
    path("studio/tiers/", views.tier_list, name="tier_list"),
    path("studio/tiers/new/", views.tier_new, name="tier_new"),
    path("studio/tiers/<str:public_id>/", views.tier_edit, name="tier_edit"),
    path("studio/tiers/<str:public_id>/publication/", views.tier_publication, name="tier_publication"),
    path("studio/tiers/<str:public_id>/archive/", views.tier_archive, name="tier_archive"),
    path("studio/grace/", views.grace, name="grace"),
    path("studio/members/", views.member_list, name="member_list"),
    path("studio/posts/", views.post_list, name="post_list"),
    path("studio/posts/new/", views.post_new, name="post_new"),
    path("studio/posts/<str:public_id>/", views.post_edit, name="post_edit"),
    path("studio/emojis/", views.emoji_list, name="emoji_list"),
    path("studio/emojis/<str:public_id>/", views.emoji_edit, name="emoji_edit"),
    path("studio/emojis/<str:public_id>/tier/", views.emoji_tier, name="emoji_tier"),
    path("studio/emojis/<str:public_id>/retirement/", views.emoji_retirement, name="emoji_retirement"),
    path("staff/emojis/", views.emoji_review, name="emoji_review"),
    path("studio/chat/", views.slow_mode, name="slow_mode"),
]
