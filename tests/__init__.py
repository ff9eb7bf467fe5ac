"""Makes `tests` a package of ours: a library of the lock file ships a folder of that name too."""
