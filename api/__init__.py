"""The HTTP API: projects, items, reviews, ratings and actions for programs, served beside the pages."""
