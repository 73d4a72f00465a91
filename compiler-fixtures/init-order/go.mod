module fixture.test/initorder

go 1.22
