"""YAML in which a key stands once: of two that are the same, plain YAML keeps the last and tells nothing."""

from __future__ import annotations

import yaml


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """Looks at each mapping before what it merges (``<<``) is put into it."""

    def flatten_mapping(self, node):
        seen = self.__dict__.setdefault("_seen", set())
        if node not in seen:
            seen.add(node)
            keys = set()
            for key, _ in node.value:
                if isinstance(key, yaml.ScalarNode) and key.value in keys:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the key {key.value!r} is there twice", key.start_mark
                    )
                keys.add(key.value if isinstance(key, yaml.ScalarNode) else key)
        super().flatten_mapping(node)


def load(text: str):
    """The content of a YAML text. Raises yaml.YAMLError, also where a mapping has a key twice."""
    return yaml.load(text, _Loader)
