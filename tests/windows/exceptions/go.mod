module fixture.test/exceptions

go 1.24
