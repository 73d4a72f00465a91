module fixture.test/methodbynameconst

go 1.22
