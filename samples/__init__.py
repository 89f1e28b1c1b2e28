"""A sample project: what customers write to Larkbench, a fictional furniture workshop, from a seeded grammar."""
