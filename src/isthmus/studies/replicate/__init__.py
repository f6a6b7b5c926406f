"""Do published claims hold on the data at hand?"""
