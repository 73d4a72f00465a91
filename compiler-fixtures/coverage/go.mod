module fixture.test/coverage

go 1.22
