"""How is a long job run, kept, resumed, spread over processes? ``run(shard) -> Fragment``."""
