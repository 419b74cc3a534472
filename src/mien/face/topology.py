"""Names for the 478 landmarks of the MediaPipe face mesh (468 on the skin, 10 on the irises).

Left and right are the patient's own. Rings are listed in order around the opening; lids and
lips are listed as upper and lower rows whose k-th entries face each other.
"""

from __future__ import annotations

import numpy as np

N_LANDMARKS = 478

FACE_OVAL = np.array(
    [10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
     152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109]
)  # fmt: skip

# corner, then seven facing pairs, then corner
RIGHT_EYE_UPPER = np.array([246, 161, 160, 159, 158, 157, 173])
RIGHT_EYE_LOWER = np.array([7, 163, 144, 145, 153, 154, 155])
RIGHT_EYE_CORNERS = np.array([33, 133])
LEFT_EYE_UPPER = np.array([466, 388, 387, 386, 385, 384, 398])
LEFT_EYE_LOWER = np.array([249, 390, 373, 374, 380, 381, 382])
LEFT_EYE_CORNERS = np.array([263, 362])
RIGHT_IRIS = np.arange(468, 473)
LEFT_IRIS = np.arange(473, 478)

INNER_LIP_UPPER = np.array([191, 80, 81, 82, 13, 312, 311, 310, 415])
INNER_LIP_LOWER = np.array([95, 88, 178, 87, 14, 317, 402, 318, 324])
INNER_LIP_CORNERS = np.array([78, 308])
OUTER_LIP_UPPER = np.array([185, 40, 39, 37, 0, 267, 269, 270, 409])
OUTER_LIP_LOWER = np.array([146, 91, 181, 84, 17, 314, 405, 321, 375])
OUTER_LIP_CORNERS = np.array([61, 291])
# rows of the lips' red between outer and inner contour
MIDDLE_LIP_UPPER = np.array([184, 74, 73, 72, 11, 302, 303, 304, 408,
                             183, 42, 41, 38, 12, 268, 271, 272, 407])  # fmt: skip
MIDDLE_LIP_LOWER = np.array([77, 90, 180, 85, 16, 315, 404, 320, 307,
                             96, 89, 179, 86, 15, 316, 403, 319, 325])  # fmt: skip

RIGHT_BROW = np.array([70, 63, 105, 66, 107, 46, 53, 52, 65, 55])
LEFT_BROW = np.array([300, 293, 334, 296, 336, 276, 283, 282, 295, 285])

RIGHT_EYE_RING = np.concatenate(
    [RIGHT_EYE_CORNERS[:1], RIGHT_EYE_UPPER, RIGHT_EYE_CORNERS[1:], RIGHT_EYE_LOWER[::-1]]
)
LEFT_EYE_RING = np.concatenate(
    [LEFT_EYE_CORNERS[:1], LEFT_EYE_UPPER, LEFT_EYE_CORNERS[1:], LEFT_EYE_LOWER[::-1]]
)
INNER_LIP_RING = np.concatenate(
    [INNER_LIP_CORNERS[:1], INNER_LIP_UPPER, INNER_LIP_CORNERS[1:], INNER_LIP_LOWER[::-1]]
)
LIPS = np.concatenate(
    [OUTER_LIP_CORNERS, OUTER_LIP_UPPER, OUTER_LIP_LOWER, MIDDLE_LIP_UPPER, MIDDLE_LIP_LOWER,
     [76, 62, 306, 292], INNER_LIP_RING]
)  # fmt: skip

# forehead, temples, nose bridge and eye corners: they hardly move with expression
RIGID = np.array(
    [10, 338, 297, 332, 284, 251, 109, 67, 103, 54, 21, 9, 151, 108, 337, 69, 299, 104, 333, 68,
     298, 168, 6, 197, 195, 5, 4, 122, 351, 196, 419, 3, 248, 236, 456, 33, 263, 133, 362, 127,
     356, 162, 389, 234, 454]
)  # fmt: skip


def strip(upper: np.ndarray, lower: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Triangles that fill an opening between two facing rows, shape (2 n, 3)."""
    first, last = corners
    cells = [(first, upper[0], lower[0]), (last, lower[-1], upper[-1])]
    for k in range(len(upper) - 1):
        cells += [(upper[k], upper[k + 1], lower[k]), (lower[k], upper[k + 1], lower[k + 1])]
    return np.array(cells)


EYE_TRIANGLES = np.concatenate(
    [
        strip(RIGHT_EYE_UPPER, RIGHT_EYE_LOWER, RIGHT_EYE_CORNERS),
        strip(LEFT_EYE_UPPER, LEFT_EYE_LOWER, LEFT_EYE_CORNERS),
    ]
)
MOUTH_TRIANGLES = strip(INNER_LIP_UPPER, INNER_LIP_LOWER, INNER_LIP_CORNERS)

SIXTY_EIGHT = np.array(
    [127, 234, 93, 132, 58, 136, 150, 176, 152, 400, 379, 365, 288, 361, 323, 454, 356]
    + [70, 63, 105, 66, 107, 336, 296, 334, 293, 300, 168, 197, 5, 4, 75, 97, 2, 326, 305]
    + [33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380]
    + [61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 82, 13, 312, 308, 317, 14, 87]
)
"""dlib's 68 points; its outline (the first 17) lies elsewhere than MediaPipe's and is only near."""
