"""Everything with memory: records, the store, imports, exports, the vector cache and background jobs."""
