"""What an accuracy is made of: leaves that were seen before, the backdrop, the frequent classes."""
