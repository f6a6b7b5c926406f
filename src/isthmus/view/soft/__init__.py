"""How does a picture change when its scene does? ``drawn(scene, camera) -> picture``, in torch.

Views whose gradients reach every number of their scene and their camera: meshes, Gaussians,
strokes, and sounds of a synthesiser. Plain tensor operations over sparse pairs of primitives and
pixels: no compiled code, the same on a CPU and on a GPU. At softness 0 a mesh looks as it does to
``view.renders``.
"""
