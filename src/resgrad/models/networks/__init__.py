"""The kinds of network, a module each. Its name is what ``model.network`` says."""
