"""The processes that run the user's Model: one serves, one is spare, some drain."""
