"""Who is near whom: hubs, mixing of modalities, mutual neighbours?"""
