"""What tests need, and nothing else imports: settings, an app with models of its own, muting and capturing signals."""
