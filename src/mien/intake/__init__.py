"""Reading files that somebody gave: how large they may be is settled before they are taken in.

A file says in a few bytes how much memory it wants: a picture its width and height, an array its
shape, a table its rows. These are read first, and what is beyond every honest use is refused in one
sentence, instead of taking the machine's memory. So is what only looks like such a file.

One way down for each kind: `pictures`, `words` (text, JSON, TOML), `arrays` (NumPy), `tables`
(Parquet), `networks` (ONNX, MediaPipe's tasks). Clips have theirs in `mien.video`.
"""
