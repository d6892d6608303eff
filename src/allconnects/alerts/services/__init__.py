"""What people, programs and the worker do with alerts. Each call runs in a transaction for one organisation."""
