module fixture.test/paniclines

go 1.22
