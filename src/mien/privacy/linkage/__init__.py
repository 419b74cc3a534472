"""Linking de-identified clips: by the new face, and by how the face moves.

A cohort is a set of clips, each with its original and its result. The attacker holds a gallery,
that is stretches of video with a name to each, and wants to name the probes. Three questions:

- *appearance*: does a recogniser link a result to an original (the naive attack), or a result to
  another result of the same person (the parrot attack [1]_)?
- *motion*: do the movements of face and head alone link them [2]_?
- *reversal*: can the original be computed back from the result? That is `mien.privacy.reversal`.

References
----------
.. [1] Newton, Sweeney & Malin, "Preserving privacy by de-identifying face images", IEEE TKDE 17(2),
   2005.
.. [2] Castro et al., "FacialMotionID", 2025, arXiv:2507.11138.
"""
