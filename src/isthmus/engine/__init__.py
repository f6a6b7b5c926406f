"""How is a long job run, kept, resumed, spread over machines? ``run(shard) -> Fragment``.

``ENGINES`` maps a name to a factory of ways to run shards (``engines.Engine``).
"""

ENGINES: dict[str, str] = {
    "local": "isthmus.engine.engines:local",
    "ray": "isthmus.engine.on_ray:on_ray",
}
