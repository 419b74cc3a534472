"""A review that is made up: publications, exports of databases, and simulated people."""
