// Functions without bodies are allowed here.
