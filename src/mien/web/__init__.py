"""The application in the browser of this computer: a server, a queue, and workers beside it.

The server process never touches a picture: it stores uploads, keeps the queue in SQLite and hands
out results. Clips are probed and de-identified in processes of their own.
"""
