"""Proof by people: clinicians who rate originals and results blindly, and judges who look for the
patient among faces. Designing such studies, and analysing them, whoever collected the answers."""
