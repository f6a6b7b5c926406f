"""Where does an edit lead? A picture, a corpus and a word."""
