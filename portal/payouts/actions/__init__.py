"""runs: stages of a payday · sending: one payout to the provider · outcomes: what comes back later · holds."""
