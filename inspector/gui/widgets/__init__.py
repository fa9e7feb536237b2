"""Theme, labels, plots and dialogs that know nothing of inspection."""
