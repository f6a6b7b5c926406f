"""How the decoder that ships was made: its sentences, its training, its files."""
