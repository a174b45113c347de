"""Methods of the roadmap: its register, progress, history and the State's import format."""
