module fixture.test/embed

go 1.22
