"""How is a score corrected or calibrated? ``fit_x(...) -> rule``, a frozen score rule."""
