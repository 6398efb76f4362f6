"""From the source of a module to its facts: definitions, and what each of them refers to."""
