"""What each method does: from LSP to the session or a feature, and back."""
