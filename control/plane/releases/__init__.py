"""The versions of the Truss on disk.

    <state>/
      lock                      held by the one control plane that uses this folder
      current -> releases/<id>  the live version; replaced by one atomic rename
      journal.jsonl             what was begun, committed, aborted
      releases/<id>/tree        the complete Truss of that version
      releases/<id>/config.json its complete config, for the inference server
      releases/<id>/release.json  hash, environment, and a record of every file

A release is never changed once it is written; its id is never used again. What is live after any
crash is what `current` names: the journal only tells the story.
"""
