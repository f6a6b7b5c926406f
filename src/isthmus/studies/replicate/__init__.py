"""Do published claims hold on data that are there?"""
