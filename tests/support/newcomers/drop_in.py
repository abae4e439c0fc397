"""A plugin of pytest: each file of `emo_utils` beside this one is dropped into the package of the same name.

That happens before any test is collected, as if the files lay in the packages.
"""

from importlib import import_module
from pathlib import Path

HERE = Path(__file__).parent

for path in HERE.glob("emo_utils/**/newcomer.py"):
    folder = path.parent
    import_module(".".join(folder.relative_to(HERE).parts)).__path__.append(str(folder))
