"""What is known of data before any is read: tables, columns, source cards, dictionary."""
