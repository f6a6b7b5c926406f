"""Published claims about CLIP spaces, each re-tested by one function of data.

The rule of a claim was fixed before its test was run; claims that fail stay.
"""

from isthmus.studies.replicate.claims.outcomes import Claim

CLAIMS: dict[str, Claim] = {
    "cone_at_random": Claim(
        "An untrained network already maps its inputs into a narrow cone, narrower with depth.",
        "Liang et al., Mind the Gap, NeurIPS 2022, theorem 1 and figure 2",
        "confirmed: the mean cosine grows with every layer in all seeds and ends above 0.5; "
        "partly: it ends above 0.5",
        "isthmus.studies.replicate.claims.generated:cone_at_random",
    ),
    "hubs_grow_with_dimension": Claim(
        "Hubs appear as the dimension grows: the skewness of how often an item is a neighbour.",
        "Radovanović et al., Hubs in Space, JMLR 2010, section 3",
        "confirmed: the skewness grows with every doubling of d; partly: from first to last",
        "isthmus.studies.replicate.claims.generated:hubs_grow_with_dimension",
    ),
    "biased_cka": Claim(
        "Biased linear CKA of unrelated sets is far above zero when dimensions are not few beside "
        "items; the unbiased one is zero.",
        "Murphy, Zylberberg & Fyshe 2024, Correcting Biased Centered Kernel Alignment",
        "confirmed: the biased mean is within 2 % of d / (n + d) and the unbiased one's interval "
        "holds 0; partly: one of them",
        "isthmus.studies.replicate.claims.generated:biased_cka",
    ),
    "intra_above_inter": Claim(
        "Text-text and image-image similarities lie above text-image ones, matched pairs included.",
        "Liang et al., Mind the Gap, NeurIPS 2022, section 1; Levi & Gilboa 2024",
        "confirmed: both means within a modality are above the mean of matched pairs; partly: "
        "above that of unmatched pairs",
        "isthmus.studies.replicate.claims.pairs:intra_above_inter",
        of_pairs=True,
    ),
    "separable": Claim(
        "One linear direction separates the two modalities perfectly.",
        "Shi et al., Towards Understanding the Modality Gap in CLIP, 2023",
        "confirmed: at least 99 % of unseen items right; partly: at least 90 %",
        "isthmus.studies.replicate.claims.pairs:separable",
        of_pairs=True,
    ),
    "few_coordinates": Claim(
        "A few embedding dimensions drive the gap.",
        "Schrodi et al., Two Effects, One Trigger, ICLR 2025, section 4",
        "confirmed: the strongest two coordinates hold at least half of the gap's squared norm; "
        "partly: at least ten times their share by count",
        "isthmus.studies.replicate.claims.pairs:few_coordinates",
        of_pairs=True,
    ),
    "loss_keeps_the_gap": Claim(
        "At low temperature the contrastive loss is smallest with a gap, at high temperature with "
        "a smaller one or none.",
        "Liang et al., Mind the Gap, NeurIPS 2022, figure 3",
        "confirmed: at 0.01 less than half of the gap is closed at the minimum and at 0.1 more "
        "than at 0.01; partly: one of them",
        "isthmus.studies.replicate.claims.pairs:loss_keeps_the_gap",
        of_pairs=True,
    ),
    "centring_keeps_retrieval": Claim(
        "Subtracting each modality's mean closes most of the gap and keeps retrieval.",
        "Li et al., Closing the Modality Gap for Mixed Modality Search (GR-CLIP), 2025; "
        "Fahim et al., I0T, 2024",
        "confirmed: the paired change of R@1 is above -0.02 with its whole interval, both ways; "
        "partly: with its mean",
        "isthmus.studies.replicate.claims.pairs:centring_keeps_retrieval",
        of_pairs=True,
    ),
    "mixed_gallery_fails": Claim(
        "Good retrieval between modalities hides that search in a gallery of both fails.",
        "Li et al., Closing the Modality Gap for Mixed Modality Search, 2025",
        "confirmed: R@1 is ten times chance and nDCG@10 in the mixed gallery below a quarter of "
        "its ceiling, both ways; partly: below half",
        "isthmus.studies.replicate.claims.pairs:mixed_gallery_fails",
        of_pairs=True,
    ),
    "conformity": Claim(
        "How well an item agrees with all others (conformity) is its cosine to the mean.",
        "Levi & Gilboa, The Double-Ellipsoid Geometry of CLIP, 2024, section 5",
        "confirmed: correlation at least 0.99 on held-out items in both modalities; partly: 0.9",
        "isthmus.studies.replicate.claims.pairs:conformity",
        of_pairs=True,
    ),
    "ideal_words": Claim(
        "Vectors of composed meanings are near the sum of one vector for each part (ideal words).",
        "Trager et al., Linear Spaces of Meanings, ICCV 2023, section 3",
        "confirmed: a cell left out of an object-by-style grid is nearest to its own prediction "
        "among its style in at least half of all cases; partly: more often than by the object's "
        "other styles alone",
        "isthmus.studies.replicate.claims.grids:ideal_words",
    ),
    "span_energies": Claim(
        "Text vectors lie in the span of a corpus of texts, image vectors mostly outside it.",
        "Zhou et al., CLIP-PAE, SIGGRAPH 2023, section 3",
        "confirmed: at equal rank images keep less than half of the energy that unseen texts "
        "keep; partly: less",
        "isthmus.studies.replicate.claims.pairs:span_energies",
        of_pairs=True,
    ),
    "view_subspaces": Claim(
        "Views of one object span a subspace that names unseen views of it.",
        "Watanabe & Pakvasa 1973; the object subspace of this laboratory",
        "confirmed: every object's unseen views are named right at least 9 times in 10; partly: "
        "above chance",
        "isthmus.studies.replicate.claims.grids:view_subspaces",
    ),
}
"""Claims by name, in the order of the page."""
