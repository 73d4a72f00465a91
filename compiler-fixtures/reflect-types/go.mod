module fixture.test/reflecttypes

go 1.22
