"""How do I show it? Results become one self-contained HTML page."""
