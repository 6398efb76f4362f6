"""What a release's process runs in: Python environments and system packages, installed beside the
running ones.

An environment is made once, as a clone of the live one in which the new set of requirements is
installed, and never changed again. Releases name theirs by a link; what no kept release names is
removed.
"""
