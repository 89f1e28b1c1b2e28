"""How good the model is: encoders, learner, calibration, the four factors and the rating, from reviewed data only."""
