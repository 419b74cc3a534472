"""What waits and what is done about it: clips and jobs, where their files lie, who works."""
