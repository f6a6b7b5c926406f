"""What do many views of an object say: subspaces, angles, poses, loops, variance?"""
