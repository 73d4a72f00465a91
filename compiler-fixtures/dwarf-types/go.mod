module fixture.test/dwarftypes

go 1.22
