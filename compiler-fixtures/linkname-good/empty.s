// Functions without bodies are allowed in a package with assembly.
