"""Searches over open interfaces: PubMed, OpenAlex, Crossref; politely, recorded, to be resumed."""
