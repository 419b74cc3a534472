"""Reports: pages for people, figures and tables for papers, numbers for programs."""
