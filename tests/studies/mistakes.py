"""What a newcomer types wrongly, each with the words that the answer must have.

Run by itself, without the checks of types that the tests add: prints what came of each as JSON.
"""

MISTAKES = {
    # the space or the sets
    "isthmus.study(3)": "wants names or paths, or two sets of vectors and their isthmus.Links, not",
    "isthmus.study(None)": "not None",
    "isthmus.study(b'mini')": "not b'mini'",
    "isthmus.study(['mini'])": "not ['mini']",
    "isthmus.study(world)": "not World('in memory'",
    "isthmus.study(mini)": "not Named of",
    "isthmus.study({'image': a, 'text': b})": "or two sets of vectors",
    "isthmus.study(a)": "not EmbeddingSet(",
    "isthmus.study(a=a)": "or two sets of vectors",
    "isthmus.mend(x)": "not float32 (40, 8)",
    "isthmus.study(a, 'mini')": "Vectors are an (n, d) array of numbers, not 'mini'",
    "isthmus.study(a, b, links=3)": "Links are isthmus.Links(pairs), not 3",
    "isthmus.study(a, b, links, 3)": "too many positional arguments; without their names it takes",
    "isthmus.study(a, b, sed=3)": "'sed'; did you mean 'seed'?",
    "isthmus.study(a, b, seed='3')": "seed wants a whole number, not '3'. seed: Seed of every rand",
    "isthmus.study(a, b, out=b'run')": "out wants a path, not b'run'. out: Folder of the run",
    "isthmus.study(a, b, world='glyphs')": "unexpected keyword argument 'world'; there are: a, b,",
    "isthmus.mend(a, b, remedies=3)": "remedies[0] wants a text, not 3. remedies: Chains",
    "isthmus.mend(a, b, remedies='cslss')": "'cslss'; did you mean 'csls'?",
    "isthmus.mend(a, b, calibrate=None)": "calibrate[0] wants a whole number, not None",
    "isthmus.mend(a, b, split=4)": "did you mean 'splits'?",
    "isthmus.compare(a, b)": "isthmus.compare wants names or paths, not EmbeddingSet(",
    "isthmus.embed_files(a)": "isthmus.embed_files wants names or paths",
    "isthmus.search(Image.new('RGB', (3, 3)))": "isthmus.search wants names or paths, not <PIL",
    # options
    "isthmus.study('mini', imags='photos')": "'imags'; did you mean 'images'?",
    "isthmus.study('mini', images=3)": "images wants a path, not 3. images: Your pictures: a folde",
    "isthmus.study('mini', images=['a.png'])": "images wants a path, not ['a.png']",
    "isthmus.study('mini', images=b'photos')": "images wants a path, not b'photos'",
    "isthmus.study('mini', world=world)": "world wants a text, not World(",
    "isthmus.study('mini', world='glyps')": "did you mean 'glyphs'? There are: babel, babel-motion",
    "isthmus.study('minni')": "No space is called 'minni', nor is there a file or folder",
    "isthmus.study(spaces='mini')": "without their names it takes spaces",
    "isthmus.study(arrays=x)": "arrays wants a path, not float32 (40, 8). arrays: Embeddings that",
    "isthmus.study(seed=1.5)": "seed wants a whole number, not 1.5",
    "isthmus.study(quiet='yes')": "quiet wants true or false, not 'yes'",
    "isthmus.study(device='gpu')": "device wants 'auto' or 'cpu' or 'cuda' or 'mps', not 'gpu'",
    "isthmus.compare('mini')": "missing a required argument: 'second'; without their names it take",
    "isthmus.compare('mini', a)": "second wants a text, not EmbeddingSet(",
    "isthmus.edit('b.png', 'red')": "without their names it takes photo; see help(isthmus.edit)",
    "isthmus.edit('b.png', to=3, corpus='styles')": "to wants a text, not 3",
    "isthmus.search('an owl', inside=a)": "inside wants a text, not EmbeddingSet(",
    "isthmus.search('an owl', top='3')": "top wants a whole number, not '3'",
    "isthmus.fit('mini', los='x')": "did you mean 'loss'",
    "isthmus.fit('mini', rate='fast')": "rate wants a number, not 'fast'. rate: Learning rate",
    "isthmus.atlas('mini', rig='ring')": "rig wants 'turntable' or 'dome' or 'fibonacci', not 'rin",
    "isthmus.styles('mini', fit_on='all')": "fit_on wants 'train' or 'others', not 'all'",
    # what to embed
    "isthmus.embed('mini', table)": "not one Table: of one item write",
    "isthmus.embed('mini', {'a cat', 'an owl'})": "not one set",
    "isthmus.embed('mini', np.zeros((9, 9, 3), np.uint8))": "not one ndarray",
    "isthmus.embed('mini', a)": "not one EmbeddingSet",
    "isthmus.embed('mini', ['an owl', None])": "Item 1: No reader takes None: pictures are paths",
    "isthmus.embed('mini', [np.zeros((9, 9, 3))])": "Item 0: No reader takes float64 (9, 9, 3)",
    "isthmus.embed('mini', ['an owl'], batch_size='3')": "A batch size is a whole number, not '3'",
    "isthmus.embed({}, ['an owl'])": "A space is its name, what isthmus.load gave",
    "isthmus.embed({'text': 3}, ['an owl'])": "A space is its name, what isthmus.load gave",
    # what is opened and kept
    "isthmus.load('mini', workers='two')": "Threads are a whole number, 0 for one a core, not 'two",
    "isthmus.load('mini', device=0)": "A device is auto, cpu, cuda or mps, not 0",
    "isthmus.load('mini')['img']": "There is no 'img' here; did you mean 'image'? There are: image",
    "isthmus.save(x, 'kept')": "What is saved is a set that isthmus.embed gave, not float32 (40, 8",
    "isthmus.save(a, b'kept')": "A set is saved to the path of a folder, not b'kept'",
    "isthmus.worlds.load(3)": "A world is opened by its name, such as 'glyphs', not 3",
    "isthmus.worlds.load('glyphs', languge='de')": "The world 'glyphs' takes (language",
    "isthmus.worlds.load('babel', n='3')": "The world 'babel' takes (",
    "isthmus.worlds.open_world(3)": "The images of a world are a path or a list, not 3",
    # sets, items, worlds and links
    "isthmus.EmbeddingSet(x, 3, 'image', a.space)": "Ids are a list of texts, not 3",
    "isthmus.EmbeddingSet(x, a.ids, 3, a.space)": "The modality of a set is a word, such as",
    "isthmus.EmbeddingSet(x, a.ids, 'image', 'mini')": "The space of a set is an isthmus.Space",
    "isthmus.EmbeddingSet(x.astype(str), a.ids, 'image', a.space)": "an (n, d) array of numbers",
    "isthmus.Items('text', ['a'], 3)": "The items themselves are a list, not 3",
    "isthmus.Links(3)": "Links are pairs of ids, one of each set, such as",
    "isthmus.Links(['ab', 'cd'])": "Links are pairs of ids, one of each set, such as",
    "isthmus.Links({'ab': 'cd'})": "Links are pairs of ids, one of each set, such as",
    "a.take('10')": "Ids are a list of texts, not '10'",
    "a['owl']": "No image vector is called 'owl'",
    "world.items['images']": "There is no 'images' here; did you mean 'image'?",
    "world.links['text', 'image']": "There is no ('text', 'image') here; there are: ('image', 'tex",
    "world.factors['owl']": "There is no 'owl' here; there are: ",
    # results
    "found['hitatk']": "There is no 'hitatk' here; did you mean 'hit_at_k'? There are: ",
    "found[0]": "There is no '0' here; there are: ",
    "found[:2]": "There is no 'slice(None, 2, None)' here",
    "found['knn_probe[image]']": "knn_probe[image] was not measured: It needs labels",
    "found.hit_at_k": "no attribute 'hit_at_k'; results are asked for in brackets, as in found['hi",
    "isthmus.spaces('mini').plot()": "A Description has nothing to draw; see to_table()",
    # measures
    "measure.hit_at_k(a, 'text')": "Vectors are an (n, d) array of numbers, not 'text'",
    "measure.hit_at_k(a, None)": "not None",
    "measure.hit_at_k([[1, 2], [3]], y)": "Vectors are an (n, d) array of numbers: ",
    "measure.hit_at_k(x.astype(complex), y)": "not complex128 (40, 8)",
    "measure.hit_at_k(x.astype(object), y)": "not object (40, 8)",
    "measure.hit_at_k(x[0], y[0])": "not float32 (8,)",
    "measure.hit_at_k(a[[]], b[[]])": "There is nothing to link: a set is empty",
    "measure.hit_at_k(a, b, k='3')": "a whole number, 1 or more, not '3'",
    "measure.hit_at_k(a, b, rng=0)": "Draws come of np.random.default_rng(seed), not 0",
    "measure.uniformity(a, rng=0)": "Draws come of np.random.default_rng(seed), not 0",
    "measure.uniformity(world)": "not World(",
    "measure.knn_probe(a, 3)": "Every row needs one label, but there are 40 image items and 3",
    "measure.knn_probe(a, labels[:3])": "40 image items and 3 labels",
    "measure.knn_probe(a, [None] + labels[1:])": "1 of 40 have none; the first is '0'",
    "measure.knn_probe(a, [float('nan')] + labels[1:])": "1 of 40 have none; the first is '0'",
    "measure.knn_probe(a, labels, k='3')": "A vote is of k neighbours: a whole number",
    "measure.knn_probe(a, labels, objects=3)": "Every row needs one object",
    "measure.pose_error(a, 3)": "Vectors are an (n, d) array of numbers, not [3]",
    "measure.pose_error(a, labels)": "array of numbers",
    "measure.pose_error(a, np.arange(40), symmetry='x')": "counts turns that change nothing",
    "measure.variance_shares(a, labels)": "Factors are a mapping from their names to labels",
    "measure.view_identity(a, labels, arcs='x')": "Views are cut into arcs: a whole number",
    "measure.style_change(3, ['a'])": "A grid is an (objects, styles, d) array, not 3",
    "measure.style_change(grid, ['a', 'b'], move=3)": "moved and placed by functions, not 3",
    "measure.geodesic_stretch(a, k='x')": "Geodesics go over k neighbours: a whole number",
    "measure.text_span(a, y[:9], list('abcdefghi'), count='x')": "Words are chosen: a whole number",
    "measure.sparse_concepts(a, 3, ['a'])": "Vectors are an (n, d) array of numbers, not 3",
    "measure.sparse_concepts(a, y[:5, :3], list('abcde'))": "a vector of 8 coordinates as the item",
    "measure.sparse_concepts(a, y[:5], list('abcde'), penalty='x')": "a number above 0, not 'x'",
    "measure.learned_concepts(a, y[:5], list('abcde'), size=3)": "a size (atoms, of which make",
    "measure.neighbour_confusions(a, b, show='x')": "listed: a whole number, 1 or more, not 'x'",
    "measure.backbone(a, means=3)": "Known means are a mapping from names to vectors, not 3",
    "measure.hitatk": "did you mean 'hit_at_k'?",
    "isthmus.studdy": "did you mean 'study'?",
}


def told():
    """Of each mistake the kind of error that it raised, whose module, and what it said."""
    import numpy as np
    from PIL import Image

    import isthmus
    from isthmus import measure

    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 8)).astype(np.float32)
    y = x + 0.5 * rng.normal(size=(40, 8)).astype(np.float32)
    a, b = (isthmus.EmbeddingSet.from_rows(*one) for one in ((x, "image"), (y, "text")))
    table = type("Table", (list,), {"columns": ["text"]})(["text"])
    links, labels = isthmus.Links(zip(a.ids, b.ids, strict=True)), ["u", "v"] * 20
    names = {
        "isthmus": isthmus,
        "measure": measure,
        "np": np,
        "Image": Image,
        "table": table,
        "x": x,
        "y": y,
        "a": a,
        "b": b,
        "links": links,
        "labels": labels,
        "grid": rng.normal(size=(9, 2, 4)),
        "mini": isthmus.load("mini"),
        "world": isthmus.worlds.open_world(images=[Image.new("RGB", (9, 9))], texts=["red"]),
        "found": isthmus.study(a, b),
    }
    for text in MISTAKES:
        try:
            came = eval(text, names)
        except Exception as error:
            kinds = [f"{kind.__module__}.{kind.__name__}" for kind in type(error).__mro__]
            yield text, kinds, str(error)
        else:
            yield text, [], repr(came)


if __name__ == "__main__":
    import json

    print(json.dumps([*told()]))
