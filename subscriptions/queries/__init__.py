"""Questions: what is offered (tiers), who may see what and why (access), memberships and money, posts, chat."""
