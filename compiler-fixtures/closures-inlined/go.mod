module fixture.test/closuresinlined

go 1.23
