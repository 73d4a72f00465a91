module fixture.test/dwarftypes

go 1.25
