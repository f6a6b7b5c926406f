"""One scene through Mitsuba 3, in a process of its own: ``mitsuba_child.py IN.npz OUT.npz``.

IN holds vertices, faces, colours (linear), eye, up, side, samples, glows, lamps, and the slope of a
loss by pixel; OUT holds the picture as linear light and the loss's slopes by vertices and colours.
"""

import sys

import numpy as np


def shape_of(mi, told):
    """The mesh, which glows with its colours or reflects them."""
    vertices, faces, colours = told["vertices"], told["faces"], told["colours"]
    glows = bool(told["glows"])
    attribute = {"type": "mesh_attribute", "name": "vertex_color"}
    properties = mi.Properties()
    if glows:
        properties["emitter"] = mi.load_dict({"type": "area", "radiance": attribute})
        black = {"type": "diffuse", "reflectance": {"type": "rgb", "value": 0.0}}
        properties["bsdf"] = mi.load_dict({"type": "twosided", "bsdf": black})
    else:
        bsdf = {"type": "diffuse", "reflectance": attribute}
        properties["bsdf"] = mi.load_dict({"type": "twosided", "bsdf": bsdf})
    mesh = mi.Mesh("mesh", len(vertices), len(faces), props=properties)
    mesh.add_attribute("vertex_color", 3, colours.ravel().astype(np.float32).tolist())
    own = mi.traverse(mesh)
    own["vertex_positions"] = mi.Float(vertices.ravel().astype(np.float32))
    own["faces"] = mi.UInt32(faces.ravel().astype(np.uint32))
    own["vertex_color"] = mi.Float(colours.ravel().astype(np.float32))
    own.update()
    return mesh


def scene_of(mi, told):
    """Camera, film and lamps around the mesh."""
    side = int(told["side"])
    scene = {
        "type": "scene",
        "integrator": {"type": "direct_projective", "sppi": 0, "sppp": 256, "sppc": 64},
        "sensor": {
            "type": "perspective", "fov": 30.0, "near_clip": 0.01,
            "to_world": mi.ScalarTransform4f().look_at(
                origin=told["eye"].tolist(), target=[0, 0, 0], up=told["up"].tolist()
            ),
            "film": {"type": "hdrfilm", "width": side, "height": side, "pixel_format": "rgb",
                     "rfilter": {"type": "box"}, "component_format": "float32"},
            "sampler": {"type": "independent", "sample_count": int(told["samples"])},
        },
        "mesh": shape_of(mi, told),
    }  # fmt: skip
    for number, lamp in enumerate(told["lamps"]):
        scene[f"lamp{number}"] = {
            "type": "directional", "direction": (-lamp[:3]).tolist(),
            "irradiance": {"type": "rgb", "value": float(np.pi * lamp[3])},
        }  # fmt: skip
    return mi.load_dict(scene)


def main(given, written):
    """Render, differentiate, write."""
    import drjit as dr
    import mitsuba as mi

    mi.set_variant("llvm_ad_rgb")
    told = np.load(given)
    whole = scene_of(mi, told)
    parameters = mi.traverse(whole)
    names = [key for key in parameters.keys()  # noqa: SIM118
             if key.endswith(("vertex_positions", "vertex_color"))]  # fmt: skip
    for key in names:
        dr.enable_grad(parameters[key])
    parameters.update()
    picture = mi.render(whole, parameters, spp=int(told["samples"]), seed=1)
    dr.backward(dr.sum(picture * mi.TensorXf(told["slope"].astype(np.float32)), axis=None))
    slopes = {key.rpartition(".")[2]: np.array(dr.grad(parameters[key])) for key in names}
    np.savez(written, picture=np.array(picture), **slopes)


if __name__ == "__main__":
    main(*sys.argv[1:])
