"""What is nearest to a text or a picture?"""
