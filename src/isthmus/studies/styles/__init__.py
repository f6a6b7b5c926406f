"""Which decomposition finds an unseen object in another style?"""
