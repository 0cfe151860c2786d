"""Pictures and pages. A report reads the tables of one room and computes nothing that is published."""
