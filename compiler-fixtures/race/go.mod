module fixture.test/race

go 1.22
