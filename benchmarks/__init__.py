"""Speed, fidelity and label efficiency, measured through the product's own code. Nothing in here runs in the app."""
