"""The face as points and triangles: landmarks, model, pose and UV layout; no picture is decoded."""
