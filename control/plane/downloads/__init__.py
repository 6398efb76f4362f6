"""The config's `external_data`: files that are fetched instead of sent.

    <state>/downloads/<key>/content   complete, verified, on disk; a release has it by a second name
    <state>/downloads/<key>/part      on its way; a later request goes on where it ended
    <state>/downloads/<key>/*.record.json   the version of either, as its server calls it

The key is the sha256 of the URL. The files lie in a release's data directory and are no part of its
tree: they have no digest in the manifest and do not count in the Truss hash.
"""
