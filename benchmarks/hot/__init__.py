"""What `bench_hot_cases` is made of."""
