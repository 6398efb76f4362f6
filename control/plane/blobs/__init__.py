"""Contents that arrive apart from the patch that needs them, named by their sha256.

    <state>/blobs/<sha256>        complete and verified
    <state>/blobs/<sha256>.part   on its way; a later request may go on where it ended

A blob is a whole file or a chunk of one. What a patch has used is removed, and what nobody has used
for an hour.
"""
