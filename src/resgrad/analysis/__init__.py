"""From predictions, histories and gradient tables to metrics and comparisons; nothing is drawn here."""
