"""First-order motion: a portrait that moves as keypoints of another face do.

The networks are those of Siarohin et al. [1]_, with the names and shapes of the published
checkpoints, so that these can be read. Importing this imports no torch; the files that hold
networks do.

References
----------
.. [1] Siarohin, Lathuilière, Tulyakov, Ricci & Sebe, "First Order Motion Model for Image
   Animation", NeurIPS 2019.
"""
