"""A generator that changes who a face is and keeps what it does, by an identity vector.

The network is of the kind that FaceMotionPreserve [1]_ and SimSwap [2]_ describe: an encoder,
blocks whose features are rescaled by an identity (adaptive instance normalisation), a decoder.
Importing this imports no torch.

References
----------
.. [1] Zhu et al., "FaceMotionPreserve", Scientific Reports 2024.
.. [2] Chen, Chen, Ni & Ge, "SimSwap: An Efficient Framework For High Fidelity Face Swapping", ACM
   Multimedia 2020.
"""
