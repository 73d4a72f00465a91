module fixture.test/callers

go 1.23
