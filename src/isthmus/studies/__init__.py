"""How is a question answered from data to page? One file a question."""
