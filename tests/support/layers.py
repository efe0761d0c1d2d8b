"""The layers, read from the folders, and who imports whom: what the laws and the coverage law are made of."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent.parent

#: The folders and modules of `chatd/`, from the words at the top to the entry at the bottom. A module imports
#: from its own layer or from those above it.
LAYERS: Final = (
    "protocol",
    "config",
    "state",
    "behaviour",
    "store",
    "net",
    "settings",
    "commands",
    "__main__",
    "entry",
)

#: The last layer that never waits.
PURE: Final = "behaviour"


def modules(*folders: str) -> list[tuple[str, Path]]:
    """(dotted name, path) of every module below these folders."""
    found = []
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            found.append((name.removeprefix("client.").removesuffix(".__init__"), path))
    return found


def layer_of(name: str) -> str | None:
    """The layer of `chatd.LAYER.…`; "" for `chatd` itself and what is taken from its own file, None for what
    is not the server's. A folder or module of `chatd/` is a layer, whether LAYERS knows it or not."""
    package, *rest = name.split(".")
    if package != "chatd":
        return None
    if not rest or not ((ROOT / package / rest[0]).is_dir() or (ROOT / package / f"{rest[0]}.py").is_file()):
        return ""
    return rest[0]


def depth(layer: str) -> int:
    """How far down it lies. The package's own file, with what is for outsiders, lies below all: it may take
    from everywhere, and nobody in here takes from it."""
    return LAYERS.index(layer) if layer else len(LAYERS)


def is_pure(name: str) -> bool:
    """Whether this is a module of a layer that never waits."""
    layer = layer_of(name)
    return layer is not None and depth(layer) <= depth(PURE)


def imports(path: Path) -> Iterator[str]:
    """Every absolute module name that `path` imports, `from a import b` as both a and a.b; also what is
    imported inside a function, or for type checkers only."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative import"
            if str(node.module) != "chatd":  # "from chatd import net" is about the layer only
                yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Each way from a module back to itself that a depth-first walk of `graph` (who imports whom) meets."""
    found: list[list[str]] = []
    done: set[str] = set()

    def walk(name: str, way: list[str]) -> None:
        if name in way:
            found.append([*way[way.index(name) :], name])
        elif name not in done:
            for imported in sorted(graph.get(name, ())):
                walk(imported, [*way, name])
            done.add(name)

    for name in graph:
        walk(name, [])
    return found


def import_graph(found: list[tuple[str, Path]]) -> dict[str, set[str]]:
    """Who imports whom among these modules. `from package import module` is about the module, `from package
    import name` about the package's own file."""
    names = {name for name, _ in found}

    def wanted(path: Path) -> Iterator[str]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    module = f"{node.module}.{alias.name}"
                    yield module if module in names else str(node.module)

    return {name: names & {*wanted(path)} - {name} for name, path in found}
