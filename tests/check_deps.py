#!/usr/bin/env python3
"""Checks every #include below ROOT (default: the current folder) against the arrows of ARCHITECTURE.md.

Prints one line per include that breaks a rule; exit 1 if there is any, 2 if ROOT holds no sources.
"""
import pathlib
import re
import sys

# Module -> modules it may include, directly. What those may include is allowed as well.
ARROWS = {
    "shared/base": [],
    "shared/config": ["shared/ftp", "shared/net"],
    "shared/ftp": ["shared/base"],
    "shared/net": ["shared/base"],
    "shared/store": ["shared/base"],
    "server/session": ["shared/config", "shared/ftp", "shared/net", "shared/store"],
    "server/commands": ["server/session"],
    "server/worker": ["server/commands"],
    "server/master": ["server/worker"],
    "server": ["server/master"],
    "admin": ["shared/config", "shared/ftp", "shared/store"],
    "client/engine": ["shared/ftp", "shared/net"],
    "client/model": ["client/queue"],
    "client/queue": ["client/engine"],
    "client/line": ["client/model", "client/queue"],
    "client/cli": ["client/shell", "client/tui"],
    "client/shell": ["client/line"],
    "client/tui": ["client/line"],
    "client": ["client/cli"],
}

# Libraries with one home: (what the include looks like, the module that may, for the message).
HOMES = [
    (re.compile(r"openssl/ssl\.h"), "shared/net"),
    (re.compile(r"sqlite3\.h|SQLiteCpp/.*"), "shared/store"),
    (re.compile(r"(ncursesw?/)?(curses|ncurses|panel)\.h"), "client/tui"),
]

# Too slow to compile for a header that others include. NAME_internal.h is for the files of its own module only.
INTERNAL = "_internal.h"
HEAVY = re.compile(r"CLI/.*|toml\+\+/.*|nlohmann/.*|SQLiteCpp/.*|spdlog/.*")

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


def reachable(module):
    seen = {module}
    waiting = [module]
    while waiting:
        for target in ARROWS[waiting.pop()]:
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return seen


def module_of(path):
    """The longest module name that is a folder of `path`, e.g. server/main.cc -> server."""
    folder = pathlib.PurePosixPath(path).parent
    while str(folder) != ".":
        if str(folder) in ARROWS:
            return str(folder)
        folder = folder.parent
    return None


def complaints_about(root, path, may_include):
    module = module_of(path)
    for number, line in enumerate((root / path).read_text(errors="replace").splitlines(), 1):
        found = INCLUDE.match(line)
        if not found:
            continue
        ours, foreign = found.groups()
        where = f"{path}:{number}:"
        if ours:
            if not (root / ours).is_file():
                yield f'{where} "{ours}" is no path from the root of the repository'
            elif module_of(ours) not in may_include:
                yield f"{where} {module} must not include {module_of(ours) or ours}"
            elif ours.endswith(INTERNAL) and module_of(ours) != module:
                yield f"{where} {ours} is for {module_of(ours)} alone"
            continue
        for pattern, home in HOMES:
            if pattern.fullmatch(foreign) and module != home:
                yield f"{where} only {home} includes <{foreign}>"
        is_wrapper = path == "shared/base/toml_text.h"  # included by sources only
        if path.endswith(".h") and not path.endswith(INTERNAL) and not is_wrapper and HEAVY.fullmatch(foreign):
            yield f"{where} <{foreign}> is too heavy for a header"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    top_folders = sorted({module.split("/")[0] for module in ARROWS})
    sources = sorted(
        file.relative_to(root).as_posix()
        for top in top_folders
        for file in (root / top).rglob("*")
        if file.suffix in (".cc", ".h")
    )
    if not sources:
        print(f"check_deps: no sources below {root}", file=sys.stderr)
        return 2
    complaints = []
    for path in sources:
        module = module_of(path)
        if module is None:
            complaints.append(f"{path}: its folder is no module; add it to {sys.argv[0]} and ARCHITECTURE.md")
            continue
        complaints += complaints_about(root, path, reachable(module))
        if path.endswith(".h") and "#pragma once" not in (root / path).read_text(errors="replace"):
            complaints.append(f"{path}: no #pragma once")
    for complaint in complaints:
        print(complaint)
    print(f"check_deps: {len(sources)} files, {len(complaints)} includes against the arrows")
    return 1 if complaints else 0


sys.exit(main())
