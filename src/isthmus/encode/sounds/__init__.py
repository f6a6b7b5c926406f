"""Towers for sounds: what ``mini`` hears, and a log-mel network that is trained from nothing."""
