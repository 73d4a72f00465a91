module fixture.test/hello

go 1.22
