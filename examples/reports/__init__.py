"""A report runner: counts of young people by borough, with small cells hidden."""
