module fixture.test/methodbynamevar

go 1.22
