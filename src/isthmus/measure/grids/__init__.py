"""What does a grid of objects in styles say of style and content?"""
