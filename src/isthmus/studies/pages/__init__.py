"""Parts of pages that several studies share."""
