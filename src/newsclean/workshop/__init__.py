"""The rule workshop: tools for those who keep rule files. Nothing that cleans imports from here."""
