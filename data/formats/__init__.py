"""The files of other tools: each format is a module that recognises, reads and writes it. ``tools.TOOLS`` names them all."""
