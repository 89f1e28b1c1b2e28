"""The pages of the browser app: they load, draw and bind callbacks; everything is written at the click that says so."""
