"""What is wrong with a recording while it can still be mended: functions on a picture and its face.

Every threshold is relative to the face or to the picture, and stands beside the function that uses
it.
"""
