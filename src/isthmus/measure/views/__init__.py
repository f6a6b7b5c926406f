"""What do many views of an object say: subspaces, ranks, poses, loops, variance?"""
