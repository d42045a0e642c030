"""Scripting: one API, declared once, spoken in every language, behind one gate."""
