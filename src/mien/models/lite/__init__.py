"""Networks in LiteRT's format, written anew in ONNX: MediaPipe's files run without MediaPipe."""
