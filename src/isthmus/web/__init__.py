"""Doors over HTTP: small, local by default, with nothing of their own but doors.

``isthmus serve INDEX`` answers searches in an index and shows a page to search by.
"""
